#include "text/chat_template.h"

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

}  // namespace

ChatTemplate ChatTemplate::load(const fs::path& dir) {
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
    return ChatTemplate(*source, find_special_tokens(config));
  } catch (const Error& e) {
    fail(e.what(), " (in ", (own_file ? template_path : config_path).string(), ")");
  }
}

ChatTemplate::ChatTemplate(const std::string& source, Json special_tokens)
    : template_(source), special_tokens_(std::move(special_tokens)) {}

std::string ChatTemplate::render(const Conversation& messages, bool add_generation_prompt) const {
  Json variables = special_tokens_;
  variables["messages"] = messages;
  variables["tools"] = nullptr;  // transformers defines both as None
  variables["documents"] = nullptr;
  variables["add_generation_prompt"] = add_generation_prompt;
  return template_.render(variables);
}

}  // namespace selfreward
