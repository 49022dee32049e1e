#include "gold/requirement.h"

#include <algorithm>
#include <cctype>

#include "base/json_integers.h"
#include "base/json_reason.h"
#include "base/text_util.h"
#include "gold/language.h"

namespace selfreward {
namespace {

enum class Needs { count, words, text, nothing };

struct KindInfo {
  RequirementKind kind;
  const char* name;
  Needs needs;
  const char* noun;  // what is counted
};

using K = RequirementKind;
const std::vector<KindInfo> kKinds = {
    {K::sentences, "sentences", Needs::count, "sentences"},
    {K::words, "words", Needs::count, "words"},
    {K::paragraphs, "paragraphs", Needs::count, "paragraphs"},
    {K::bullets, "bullets", Needs::count, "bullet points"},
    {K::numbered, "numbered", Needs::count, "numbered points"},
    {K::placeholders, "placeholders", Needs::count, "placeholders"},
    {K::include, "include", Needs::words, ""},
    {K::exclude, "exclude", Needs::words, ""},
    {K::lower_case, "lower_case", Needs::nothing, ""},
    {K::upper_case, "upper_case", Needs::nothing, ""},
    {K::title, "title", Needs::nothing, ""},
    {K::heading, "heading", Needs::nothing, ""},
    {K::json, "json", Needs::words, ""},
    {K::starts_with, "starts_with", Needs::text, ""},
    {K::ends_with, "ends_with", Needs::text, ""},
    {K::language, "language", Needs::text, ""},
    {K::no_repetition, "no_repetition", Needs::nothing, ""},
    {K::forbid, "forbid", Needs::text, ""},
    {K::choice, "choice", Needs::words, ""},
};

const KindInfo& info_of(RequirementKind kind) {
  return *std::find_if(kKinds.begin(), kKinds.end(), [&](auto& info) { return info.kind == kind; });
}

const KindInfo& info_of(const std::string& name) {
  std::vector<std::string> names;
  for (const KindInfo& info : kKinds) {
    if (name == info.name) return info;
    names.emplace_back(info.name);
  }
  const std::string near = nearest(name, names);
  fail("[requirements] unknown kind '", name, "'", near.empty() ? "" : "; did you mean '" + near + "'?");
}

std::string quoted(const std::vector<std::string>& words, const char* last_separator) {
  std::string text;
  for (size_t i = 0; i < words.size(); ++i)
    text += (i == 0 ? "" : i + 1 < words.size() ? ", " : last_separator) + str('"', words[i], '"');
  return text;
}

std::string range_text(const Requirement& r, const std::string& noun) {
  if (!r.max) return str("at least ", *r.min, " ", noun);
  if (!r.min) return str("at most ", *r.max, " ", noun);
  if (*r.min == *r.max) return str("exactly ", *r.min, " ", noun);
  return str(*r.min, " to ", *r.max, " ", noun);
}

void check_keys(const Json& json, const KindInfo& info) {
  std::vector<std::string> known = {"kind", "wording", "weight"};
  if (info.needs == Needs::count) known.insert(known.end(), {"min", "max"});
  if (info.needs == Needs::words) known.emplace_back("words");
  if (info.needs == Needs::text) known.emplace_back("text");
  for (const auto& [key, value] : json.items())
    check(std::count(known.begin(), known.end(), key) > 0, "[requirements] ", info.name, " has the key '",
          key, "', which it does not take");
}

double weight_of(const Json& json, const KindInfo& info) {
  check(json.is_number() && json.get<double>() > 0 && json.get<double>() <= kMaxWeight, "[requirements] ",
        info.name, ": weight is ", json.dump(), ", wanted a number above 0 and at most ", kMaxWeight);
  return json.get<double>();
}

void read_count(const Json& json, const KindInfo& info, Requirement& value) {
  const std::string where = str("[requirements] ", info.name, ": ");
  if (json.contains("min")) value.min = whole_number_at(json, "min", where);
  if (json.contains("max")) value.max = whole_number_at(json, "max", where);
  check(value.min || value.max, "[requirements] ", info.name, " needs min, max or both");
  check(!value.min || !value.max || *value.min <= *value.max, "[requirements] ", info.name, ": min ",
        value.min.value_or(0), " is above max ", value.max.value_or(0));
}

std::string text_of(const Json& json, const KindInfo& info) {
  check(json.is_string() && !strip(json.get<std::string>()).empty(), "[requirements] ", info.name, ": found ",
        json.dump(), ", wanted a text that is not empty");
  return json.get<std::string>();
}

void read_words(const Json& json, const KindInfo& info, Requirement& value) {
  check(json.contains("words") && json.at("words").is_array() && !json.at("words").empty(), "[requirements] ",
        info.name, " needs words, a list with one text at least");
  for (const Json& word : json.at("words")) value.words.push_back(text_of(word, info));
}

void read_text(const Json& json, const KindInfo& info, Requirement& value) {
  check(json.contains("text"), "[requirements] ", info.name, " needs text");
  value.text = text_of(json.at("text"), info);
  check(value.kind != K::language || !language_name(value.text).empty(), "[requirements] language '",
        value.text, "' is not known; known are ", known_languages());
}

}  // namespace

std::string to_string(RequirementKind kind) {
  return info_of(kind).name;
}

std::string sort_of(const Requirement& r) {
  const std::string kind = to_string(r.kind);
  const bool is_mark = r.text.size() == 1 && std::ispunct(static_cast<unsigned char>(r.text[0])) != 0;
  if (r.kind == K::language || (r.kind == K::forbid && is_mark)) return kind + " " + r.text;
  if (r.min && r.max) return kind + (*r.min == *r.max ? " exactly" : " between");
  return kind + (r.min ? " at least" : r.max ? " at most" : "");
}

std::string sort_of(const Json& item) {
  const std::string kind = item.is_object() ? item.value("kind", "") : "";
  try {
    return kind.empty() ? "" : sort_of(item.get<Requirement>());
  } catch (const Error&) {  // a kind of one's own
    return kind;
  }
}

std::string wanted_text(const Requirement& r) {
  switch (r.kind) {
    case K::include:
      return str(r.words.size() > 1 ? "the words " : "the word ", quoted(r.words, " and "));
    case K::exclude:
      return str("no ", quoted(r.words, " or "));
    case K::lower_case:
      return "only small letters";
    case K::upper_case:
      return "only capital letters";
    case K::title:
      return "a title in [[ ]]";
    case K::heading:
      return "a heading with # as the first line";
    case K::json:
      return str("a JSON object with the keys ", quoted(r.words, " and "));
    case K::starts_with:
      return str("a start with \"", r.text, '"');
    case K::ends_with:
      return str("an end with \"", r.text, '"');
    case K::language:
      return language_name(r.text);
    case K::no_repetition:
      return "no repetition";
    case K::forbid:
      return str("no \"", r.text, '"');
    case K::choice:
      return str("one of ", quoted(r.words, " or "));
    default:
      return range_text(r, info_of(r.kind).noun);
  }
}

void to_json(Json& json, const Requirement& value) {
  json = Json{{"kind", to_string(value.kind)}};
  if (value.min) json["min"] = *value.min;
  if (value.max) json["max"] = *value.max;
  if (!value.words.empty()) json["words"] = value.words;
  if (!value.text.empty()) json["text"] = value.text;
  if (!value.wording.empty()) json["wording"] = value.wording;
  if (value.weight != 1) json["weight"] = value.weight;
}

void from_json(const Json& json, Requirement& value) {
  check(json.is_object() && json.contains("kind") && json.at("kind").is_string(), "[requirements] found ",
        json.dump(), ", wanted an object with a kind");
  const KindInfo& info = info_of(json.at("kind").get<std::string>());
  value = {};
  value.kind = info.kind;
  check_keys(json, info);
  if (info.needs == Needs::count) read_count(json, info, value);
  if (info.needs == Needs::words) read_words(json, info, value);
  if (info.needs == Needs::text) read_text(json, info, value);
  if (json.contains("wording")) value.wording = text_of(json.at("wording"), info);
  if (json.contains("weight")) value.weight = weight_of(json.at("weight"), info);
}

void to_json(Json& json, const VerifiablePrompt& value) {
  json = Json{{"id", value.id},
              {"prompt", value.prompt},
              {"origin", value.origin},
              {"category", value.category},
              {"requirements", value.requirements}};
}

void from_json(const Json& json, VerifiablePrompt& value) {
  take(json, "id", value.id, "");
  take(json, "prompt", value.prompt, "");
  value.origin = json.value("origin", "");
  value.category = json.value("category", "");
  const Json& list = json.at("requirements");
  check(list.is_array() && !list.empty(), "[requirements] '", value.id,
        "' has no requirements; wanted a list with one at least");
  value.requirements = list.get<Requirements>();
}

}  // namespace selfreward
