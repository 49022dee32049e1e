#include "text/tokenizer/files.h"

#include <algorithm>

namespace selfreward {
namespace {

constexpr const char* kFiles[] = {"tokenizer.json",    "tokenizer_config.json", "special_tokens_map.json",
                                  "added_tokens.json", "tokenizer.model",       "vocab.json",
                                  "merges.txt",        "chat_template.jinja",   "chat_template.json"};
constexpr std::string_view kTemplateDir = "additional_chat_templates", kTemplateEnd = ".jinja";

Json read_object(const TokenizerFiles& files, const std::string& name, const std::string& where) {
  const auto found = files.find(name);
  if (found == files.end()) return Json::object();
  Json json = parse_json(found->second, where + "/" + name);
  check(json.is_object(), "[tokenizer] ", where, "/", name, " is not a JSON object");
  return json;
}

/// A list is added to what is there, without what is there already.
void join_list(Json& list, const Json& more) {
  if (!list.is_array()) list = Json::array();
  for (const Json& value : more)
    if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(value);
}

/// Of a template, of {name: template}, or of [{"name", "template"}].
std::map<std::string, TemplateSource> read_templates(const Json& value, const std::string& file) {
  std::map<std::string, TemplateSource> templates;
  const auto add = [&](const Json& name, const Json& text) {
    check(name.is_string() && text.is_string(), "[template] ", file,
          ": a template of the list \"chat_template\" has no name or no text");
    templates[name] = {text, file};
  };
  if (value.is_string()) add("default", value);
  check(value.is_string() || value.is_structured(), "[template] ", file,
        ": \"chat_template\" is neither a string nor a list");
  for (const auto& [key, entry] : value.items()) {
    const Json pair = entry.is_object() ? entry : Json::object();
    if (value.is_object()) add(key, entry);
    if (value.is_array()) add(pair.value("name", Json()), pair.value("template", Json()));
  }
  return templates;
}

std::map<std::string, TemplateSource> template_files(const TokenizerFiles& files, const std::string& where) {
  std::map<std::string, TemplateSource> templates;
  for (const auto& [name, content] : files) {
    if (name == "chat_template.jinja") templates["default"] = {content, str(where, '/', name)};
    if (!name.starts_with(kTemplateDir)) continue;
    const size_t begin = kTemplateDir.size() + 1;
    templates[name.substr(begin, name.size() - begin - kTemplateEnd.size())] = {content,
                                                                                str(where, '/', name)};
  }
  return templates;
}

}  // namespace

TokenizerFiles read_tokenizer_files(const fs::path& dir) {
  TokenizerFiles files;
  for (const char* name : kFiles)
    if (fs::exists(dir / name)) files.emplace(name, read_file(dir / name));
  if (!fs::is_directory(dir / kTemplateDir)) return files;
  for (const auto& file : fs::directory_iterator(dir / kTemplateDir))
    if (file.path().extension() == kTemplateEnd)
      files.emplace(fs::path(kTemplateDir) / file.path().filename(), read_file(file.path()));
  return files;
}

Json tokenizer_settings(const TokenizerFiles& files, const std::string& where) {
  Json settings = read_object(files, "tokenizer_config.json", where);
  if (settings.contains("added_tokens_decoder")) return settings;
  const Json special = read_object(files, "special_tokens_map.json", where);
  for (const auto& [key, value] : special.items()) {
    if (key == "extra_special_tokens" && value.is_array())
      join_list(settings[key], value);
    else
      settings[key] = value;
  }
  return settings;
}

std::map<std::string, TemplateSource> chat_templates(const TokenizerFiles& files, const Json& settings,
                                                     const std::string& where) {
  const auto own_files = template_files(files, where);
  if (!own_files.empty()) return own_files;
  const Json of_settings = settings.value("chat_template", Json());
  if (!of_settings.is_null()) return read_templates(of_settings, where + "/tokenizer_config.json");
  const Json of_processor = read_object(files, "chat_template.json", where).value("chat_template", Json());
  if (!of_processor.is_null()) return read_templates(of_processor, where + "/chat_template.json");
  return {};
}

}  // namespace selfreward
