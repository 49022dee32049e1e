#include "text/chat/template.h"

#include "base/json_integers.h"
#include "base/text_util.h"
#include "text/chat/template_losses.h"
#include "text/tokenizer/files.h"

namespace selfreward {

namespace {

JinjaTemplate parsed(const TemplateSource& source) {
  try {
    return JinjaTemplate(source.text);
  } catch (const Error& e) {
    fail(e.what(), " (in ", source.file, ")");
  }
}

/// "default, tool_use"
std::string names_of(const std::map<std::string, TemplateSource>& sources) {
  std::string names;
  for (const auto& [name, source] : sources) names += (names.empty() ? "" : ", ") + name;
  return names;
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
  check_json_integers(kwargs, "chat_template_kwargs");
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
  const TokenizerFiles files = read_tokenizer_files(dir);
  const Json tokenizer_config = tokenizer_settings(files, dir.string());
  const auto sources = chat_templates(files, tokenizer_config, dir.string());
  check(!sources.empty(), "[template] ", (dir / "tokenizer_config.json").string(),
        files.contains("tokenizer_config.json") ? "" : " does not exist and",
        " has no \"chat_template\", and there is no chat_template.jinja beside it: a chat checkpoint is "
        "needed, or a chat_template.jinja file");
  check(sources.contains("default"), "[template] ", dir.string(), ": of its chat templates (",
        names_of(sources),
        ") none is named \"default\"; put the one for conversations without tools into chat_template.jinja");
  ChatTemplate made(parsed(sources.at("default")), named_tokens(tokenizer_config), settings);
  if (const auto found = sources.find("tool_use"); found != sources.end())
    made.tool_use_ = parsed(found->second);
  return made;
}

ChatTemplate::ChatTemplate(JinjaTemplate source, Json special_tokens, const TemplateSettings& settings)
    : default_(std::move(source)),
      variables_(std::move(special_tokens)),
      date_(template_date(settings.date)) {
  variables_.update(template_variables(settings.kwargs));
}

ChatTemplate::ChatTemplate(const std::string& source, Json special_tokens, const TemplateSettings& settings)
    : ChatTemplate(JinjaTemplate(source), std::move(special_tokens), settings) {}

const JinjaTemplate& ChatTemplate::template_for(const TemplateInputs& inputs) const {
  return !inputs.tools.is_null() && tool_use_ ? *tool_use_ : default_;
}

Rendering ChatTemplate::run(const JinjaTemplate& source, const Json& messages, bool add_generation_prompt,
                            const TemplateInputs& inputs) const {
  Json variables = variables_, data = {{"messages", Json::array()}, {"tools", inputs.tools}};
  data["documents"] = nullptr;
  if (!inputs.kwargs.is_null()) {
    check_template_variables(inputs.kwargs);
    data.update(inputs.kwargs);
  }
  for (const Json& message : messages) data["messages"].push_back(with_reasoning_names(message));
  variables["add_generation_prompt"] = add_generation_prompt;
  return source.render(variables, data, date_);
}

Rendering ChatTemplate::checked(const Json& messages, bool add_generation_prompt,
                                const TemplateInputs& inputs) const {
  const JinjaTemplate& source = template_for(inputs);
  Rendering made;
  try {
    made = run(source, messages, add_generation_prompt, inputs);
  } catch (const Error& e) {
    fail(e.what(), " (", role_list(messages),
         "): the chat template cannot write these messages; change them, ",
         "or give the checkpoint another chat_template.jinja");
  }
  check_nothing_lost(messages, add_generation_prompt, inputs, made,
                     [&](const Json& other_messages, const TemplateInputs& other_inputs) {
                       return run(source, other_messages, add_generation_prompt, other_inputs).text;
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
