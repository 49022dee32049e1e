// Which tokens the settings beside tokenizer.json name and add.
#include <algorithm>

#include "text/tokenizer/files.h"

namespace selfreward {
namespace {

constexpr const char* kNames[] = {"bos_token", "eos_token", "unk_token", "sep_token",
                                  "pad_token", "cls_token", "mask_token"};

/// A token is its text, or an object with its "content".
const Json* content_of(const Json& token) {
  const Json* content = &token;
  if (token.is_object()) content = token.contains("content") ? &token["content"] : nullptr;
  return content && content->is_string() ? content : nullptr;
}

/// The tokens that have a name, in transformers' order, which new ones get their ids in.
std::vector<std::pair<std::string, Json>> ordered_names(const Json& settings) {
  std::vector<std::pair<std::string, Json>> named;
  const auto add = [&](const std::string& name, const Json& token) {
    if (content_of(token)) named.emplace_back(name, token);
  };
  for (const char* name : kNames) add(name, settings.value(name, Json()));
  for (const auto& [name, token] : settings.items())
    if (name.ends_with("_token") && std::find(std::begin(kNames), std::end(kNames), name) == std::end(kNames))
      add(name, token);
  const Json extra = settings.value("extra_special_tokens", Json());
  if (extra.is_object())
    for (const auto& [name, token] : extra.items()) add(name, token);
  return named;
}

/// All special tokens in that order, last those without a name, in the newer or the older spelling.
std::vector<Json> special_tokens(const Json& settings) {
  std::vector<Json> tokens;
  for (const auto& [name, token] : ordered_names(settings)) tokens.push_back(token);
  Json unnamed = settings.value("extra_special_tokens", Json());
  if (!unnamed.is_array() || unnamed.empty()) unnamed = settings.value("additional_special_tokens", Json());
  if (!unnamed.is_array()) return tokens;
  for (const Json& token : unnamed)
    if (content_of(token)) tokens.push_back(token);
  return tokens;
}

/// An entry of "added_tokens" without its id, with all marks.
LookupJson entry_of(const Json& token, bool special) {
  const auto flag = [&](const char* name, bool absent) {
    const Json value = token.is_object() ? token.value(name, Json()) : Json();
    return value.is_boolean() ? value.get<bool>() : absent;
  };
  const bool is_special = special || flag("special", false);
  return {{"content", content_of(token)->get<std::string>()},
          {"lstrip", flag("lstrip", false)},
          {"rstrip", flag("rstrip", false)},
          {"single_word", flag("single_word", false)},
          {"normalized", flag("normalized", !is_special)},
          {"special", is_special}};
}

/// tokenizer.json's added tokens while others join them.
class AddedList {
 public:
  AddedList(LookupJson& list, const LookupJson& tokenizer) : list_(list) {
    for (size_t i = 0; i < list_.size(); ++i) {
      const LookupJson& token = list_[i];
      if (!token.is_object() || !token.contains("id") || !token["id"].is_number_integer()) continue;
      if (const LookupJson content = token.value("content", LookupJson()); content.is_string())
        places_[content] = i;
      next_id_ = std::max(next_id_, token["id"].get<int64_t>() + 1);
    }
    const auto model = tokenizer.find("model");
    if (model == tokenizer.end() || !model->is_object() || !model->contains("vocab")) return;
    vocabulary_ = &(*model)["vocab"];
    next_id_ = std::max(next_id_, static_cast<int64_t>(vocabulary_->size()));
  }

  bool contains(const std::string& content) const { return places_.contains(content); }

  /// Another entry of a token that is there has other marks; what was special stays it.
  void add(LookupJson entry) {
    const std::string content = entry["content"];
    if (content.empty()) return;
    if (const auto place = places_.find(content); place != places_.end()) {
      LookupJson& old = list_[place->second];
      entry["special"] = entry["special"] == true || old.value("special", LookupJson()) == true;
      return old.update(entry);
    }
    const bool known = vocabulary_ && vocabulary_->is_object() && vocabulary_->contains(content);
    entry["id"] = known ? (*vocabulary_)[content] : LookupJson(next_id_++);
    places_[content] = list_.size();
    list_.push_back(std::move(entry));
  }

 private:
  LookupJson& list_;
  const LookupJson* vocabulary_ = nullptr;
  std::map<std::string, size_t> places_;
  int64_t next_id_ = 0;
};

/// The id of "128001".
int64_t id_of(const std::string& key, const Json& token, const std::string& where) {
  const bool number =
      !key.empty() && key.size() < 10 && key.find_first_not_of("0123456789") == std::string::npos;
  check(number && content_of(token), "[tokenizer] ", where,
        "/tokenizer_config.json: added_tokens_decoder has \"", key,
        "\": ", token.dump(-1, ' ', false, Json::error_handler_t::replace),
        ", expected the id and the content of a token");
  return std::stoll(key);
}

/// The tokens of added_tokens_decoder by id; without it those of added_tokens.json.
std::map<int64_t, Json> decoder_tokens(const TokenizerFiles& files, const Json& settings,
                                       const std::string& where) {
  std::map<int64_t, Json> tokens;
  const Json decoder = settings.value("added_tokens_decoder", Json());
  if (decoder.is_object())
    for (const auto& [key, token] : decoder.items()) tokens[id_of(key, token, where)] = token;
  const auto old = files.find("added_tokens.json");
  if (settings.contains("added_tokens_decoder") || old == files.end()) return tokens;
  const Json ids = parse_json(old->second, where + "/added_tokens.json");
  for (const auto& [content, id] : ids.items())
    if (id.is_number_integer()) tokens[id.get<int64_t>()] = content;
  return tokens;
}

}  // namespace

std::map<std::string, std::string> named_tokens(const Json& settings) {
  std::map<std::string, std::string> tokens;
  for (const auto& [name, token] : ordered_names(settings))
    tokens[name] = content_of(token)->get<std::string>();
  return tokens;
}

LookupJson completed_tokenizer_json(const TokenizerFiles& files, const Json& settings,
                                    const std::string& where) {
  LookupJson json = parse_json<LookupJson>(files.at("tokenizer.json"), where + "/tokenizer.json");
  if (!json.is_object()) return json;  // for its reader to refuse, as below
  LookupJson list = json.value("added_tokens", LookupJson());
  if (list.is_null()) list = LookupJson::array();
  if (!list.is_array()) return json;
  const std::vector<Json> special = special_tokens(settings);
  const auto is_special = [&](const Json& token) {
    return std::any_of(special.begin(), special.end(),
                       [&](const Json& other) { return *content_of(other) == *content_of(token); });
  };
  AddedList added(list, json);
  for (const auto& [id, token] : decoder_tokens(files, settings, where))
    added.add(entry_of(token, token.is_string() && is_special(token)));
  for (const Json& token : special)
    if (!added.contains(*content_of(token))) added.add(entry_of(token, /*special=*/true));
  json["added_tokens"] = std::move(list);
  return json;
}

}  // namespace selfreward
