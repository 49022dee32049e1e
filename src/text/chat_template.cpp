#include "text/chat_template.h"

#include "base/text_util.h"

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

constexpr const char* kReasoningNames[] = {"reasoning_content", "thinking", "reasoning"};

/// The names that a message's reasoning goes by, as in transformers: "reasoning_content" is the one that
/// templates read, gpt-oss reads "thinking".
Json with_reasoning_names(const Json& message) {
  if (!message.is_object()) return message;
  for (const char* name : kReasoningNames) {
    if (!message.contains(name) || message[name].is_null()) continue;
    Json named = {{"thinking", message[name]}};
    named.update(message);
    named["reasoning_content"] = message[name];
    return named;
  }
  return message;
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

/// Whether there is a system message before others that is not to be found in `text`.
bool may_lose_system_message(const Json& messages, const std::string& text) {
  if (messages.size() < 2 || !messages[0].is_object() || messages[0].value("role", Json()) != "system")
    return false;
  const Json content = messages[0].value("content", Json());
  return content.is_string() && text.find(strip(content.get<std::string>())) == std::string::npos;
}

bool has_key(const Json& messages, const char* key, size_t first) {
  for (size_t i = first; i < messages.size(); ++i)
    if (messages[i].contains(key)) return true;
  return false;
}

/// The messages, those from number `first` on without `key`.
Json without_key(Json messages, const char* key, size_t first) {
  for (size_t i = first; i < messages.size(); ++i)
    if (messages[i].is_object()) messages[i].erase(key);
  return messages;
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

Rendering ChatTemplate::rendering(const Json& messages, bool add_generation_prompt,
                                  const TemplateInputs& inputs) const {
  Rendering rendering;
  try {
    rendering = run(messages, add_generation_prompt, inputs);
  } catch (const Error& e) {
    fail(e.what(), " (", role_list(messages),
         "): the chat template cannot write these messages; change them, ",
         "or give the checkpoint another chat_template.jinja");
  }
  if (may_lose_system_message(messages, rendering.text))
    check_written({"the system message", "move its text into the user's message",
                   Json(messages.begin() + 1, messages.end()), inputs},
                  messages, add_generation_prompt, rendering.text);
  return rendering;
}

/// What stands in the data but not in the text would be lost in silence: without it the text must be another.
void ChatTemplate::check_written(const Part& part, const Json& messages, bool add_generation_prompt,
                                 const std::string& text) const {
  std::string without;
  try {
    without = run(part.rest, add_generation_prompt, part.rest_inputs).text;
  } catch (const Error&) {
    return;  // the template looks at it
  }
  check(text != without, "[template] the chat template leaves out ", part.name, " (", role_list(messages),
        "); ", part.remedy, ", or give the checkpoint another chat_template.jinja");
}

void ChatTemplate::check_tools_written(const Json& messages, bool add_generation_prompt,
                                       const TemplateInputs& inputs, const std::string& text) const {
  const auto check_part = [&](const Part& part) {
    check_written(part, messages, add_generation_prompt, text);
  };
  if (!inputs.tools.is_null()) check_part({"the tools", "remove them", messages, {nullptr, inputs.kwargs}});
  if (has_key(messages, "tool_calls", 0))
    check_part({"the tool calls", "remove such rows", without_key(messages, "tool_calls", 0), inputs});
  const size_t last = add_generation_prompt || messages.empty() ? messages.size() : messages.size() - 1;
  for (const char* name : kReasoningNames)
    if (has_key(messages, name, last))
      check_part({"the last message's reasoning", "remove it", without_key(messages, name, last), inputs});
}

}  // namespace selfreward
