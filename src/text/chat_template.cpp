#include "text/chat_template.h"

#include "base/text_util.h"
#include "text/template_losses.h"

namespace selfreward {

namespace {

/// "chat_template": a string, or a list of {name, template} of which "default" is taken; nothing if absent.
std::optional<std::string> find_source(const Json& config, const std::string& where) {
  const auto found = config.find("chat_template");
  if (found == config.end() || found->is_null()) return std::nullopt;
  if (found->is_string()) return found->get<std::string>();
  check(found->is_array(), "[template] ", where, ": \"chat_template\" is neither a string nor a list");
  for (const Json& entry : *found) {
    const bool complete = entry.is_object() && entry.contains("name") && entry.contains("template");
    if (complete && entry["name"] == "default" && entry["template"].is_string()) return entry["template"];
  }
  fail("[template] ", where, ": the list \"chat_template\" has no template named \"default\"");
}

/// bos_token, eos_token, image_token ...: each a string or an object with its "content".
Json find_special_tokens(const Json& config) {
  Json tokens = Json::object();
  for (const auto& [name, value] : config.items()) {
    if (!name.ends_with("_token")) continue;
    const Json& token = value.is_object() && value.contains("content") ? value["content"] : value;
    if (token.is_string()) tokens[name] = token;
  }
  return tokens;
}

/// The reasoning of a message under the names that templates read, as in transformers: "reasoning_content",
/// and "thinking" for gpt-oss.
Json with_reasoning_names(const Json& message) {
  const char* name = message.is_object() ? reasoning_name(message) : nullptr;
  if (!name) return message;
  Json named = {{"thinking", message[name]}};
  named.update(message);
  named["reasoning_content"] = message[name];
  return named;
}

/// "user, assistant, user"
std::string role_list(const Json& messages) {
  std::string roles;
  for (const Json& message : messages) {
    const bool has_role = message.is_object() && message.contains("role") && message["role"].is_string();
    roles += (roles.empty() ? "" : ", ") + (has_role ? message["role"].get<std::string>() : "?");
  }
  return roles.empty() ? "no messages" : "roles: " + roles;
}

/// The messages with developers as systems, which OpenAI's API called them before; null where there is none.
Json with_system_for_developer(Json messages) {
  bool found = false;
  for (Json& message : messages) {
    if (!message.is_object() || message.value("role", Json()) != "developer") continue;
    message["role"] = "system";
    found = true;
  }
  return found ? messages : Json();
}

}  // namespace

Json template_variables(const std::string& kwargs) {
  if (strip(kwargs).empty()) return Json::object();
  Json variables = parse_json(kwargs, "chat_template_kwargs");
  check(variables.is_object(), "[template] chat_template_kwargs is ", variables.type_name(),
        ", expected a JSON object as {\"enable_thinking\": false}");
  check_template_variables(variables);
  return variables;
}

void check_template_variables(const Json& variables) {
  for (const char* name : {"messages", "tools", "documents", "add_generation_prompt"})
    check(!variables.contains(name), "[template] chat_template_kwargs sets \"", name,
          "\", which the program sets itself");
}

std::tm template_date(const std::string& date) {
  std::tm parts{};
  if (date.empty()) {
    const std::time_t now = std::time(nullptr);
    localtime_r(&now, &parts);
    parts.tm_hour = parts.tm_min = parts.tm_sec = 0;
    return parts;
  }
  const char* end = ::strptime(date.c_str(), "%Y-%m-%d", &parts);
  std::tm normal = parts;
  const bool exists = end && *end == '\0' && ::timegm(&normal) != -1 && normal.tm_mday == parts.tm_mday;
  check(exists, "[template] \"", date, "\" is not a date, expected one as 2026-07-01");
  return normal;
}

ChatTemplate ChatTemplate::load(const fs::path& dir, const TemplateSettings& settings) {
  const fs::path config_path = dir / "tokenizer_config.json", template_path = dir / "chat_template.jinja";
  const Json config = fs::exists(config_path) ? read_json(config_path) : Json::object();
  check(config.is_object(), "[template] ", config_path.string(), " is not a JSON object");
  const bool own_file = fs::exists(template_path);
  const auto source = own_file ? read_file(template_path) : find_source(config, config_path.string());
  check(source.has_value(), "[template] ", config_path.string(),
        fs::exists(config_path) ? "" : " does not exist and",
        " has no \"chat_template\", and there is no chat_template.jinja beside it: a chat checkpoint is "
        "needed, or a "
        "chat_template.jinja file");
  try {
    return ChatTemplate(*source, find_special_tokens(config), settings);
  } catch (const Error& e) {
    fail(e.what(), " (in ", (own_file ? template_path : config_path).string(), ")");
  }
}

ChatTemplate::ChatTemplate(const std::string& source, Json special_tokens, const TemplateSettings& settings)
    : template_(source), variables_(std::move(special_tokens)), date_(template_date(settings.date)) {
  variables_.update(template_variables(settings.kwargs));
}

Rendering ChatTemplate::run(const Json& messages, bool add_generation_prompt,
                            const TemplateInputs& inputs) const {
  Json variables = variables_, data = {{"messages", Json::array()}, {"tools", inputs.tools}};
  data["documents"] = nullptr;
  if (!inputs.kwargs.is_null()) {
    check_template_variables(inputs.kwargs);
    data.update(inputs.kwargs);
  }
  for (const Json& message : messages) data["messages"].push_back(with_reasoning_names(message));
  variables["add_generation_prompt"] = add_generation_prompt;
  return template_.render(variables, data, date_);
}

Rendering ChatTemplate::checked(const Json& messages, bool add_generation_prompt,
                                const TemplateInputs& inputs) const {
  Rendering made;
  try {
    made = run(messages, add_generation_prompt, inputs);
  } catch (const Error& e) {
    fail(e.what(), " (", role_list(messages),
         "): the chat template cannot write these messages; change them, ",
         "or give the checkpoint another chat_template.jinja");
  }
  check_nothing_lost(messages, add_generation_prompt, inputs, made,
                     [&](const Json& other_messages, const TemplateInputs& other_inputs) {
                       return run(other_messages, add_generation_prompt, other_inputs).text;
                     });
  return made;
}

Rendering ChatTemplate::rendering(const Json& messages, bool add_generation_prompt,
                                  const TemplateInputs& inputs) const {
  try {
    return checked(messages, add_generation_prompt, inputs);
  } catch (const Error&) {
    const Json renamed = with_system_for_developer(messages);
    if (renamed.is_null()) throw;
    try {
      return checked(renamed, add_generation_prompt, inputs);
    } catch (const Error&) {  // what is wrong with the messages as they are says more
    }
    throw;
  }
}

}  // namespace selfreward
