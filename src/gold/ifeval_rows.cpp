// The rows of IFEval, checked as they are read: answers cost hours, and what no check can be made of must not show
// behind them.
#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "base/in_row.h"
#include "base/text_util.h"
#include "base/utf8.h"
#include "gold/ifeval.h"
#include "gold/ifeval_language.h"

namespace selfreward {
namespace {

/// What an argument may be, in words and as a test.
struct ArgumentRule {
  std::string wanted;
  std::function<bool(const Json&)> is_met;
};

constexpr int64_t kMostCount = 1'000'000'000;  // far above any answer, and below what a double cannot hold

/// A whole number from `least` on; 3.0 is one, as tables write it.
ArgumentRule whole_number(int64_t least) {
  return {str("a whole number from ", least, " to ", kMostCount), [least](const Json& value) {
            if (!value.is_number()) return false;
            const double number = value.get<double>();
            return number >= static_cast<double>(least) && number <= static_cast<double>(kMostCount) &&
                   std::floor(number) == number;
          }};
}

bool is_some_text(const Json& value) {
  return value.is_string() && !strip(value.get_ref<const std::string&>()).empty();
}

bool are_some_texts(const Json& value) {
  return value.is_array() && !value.empty() && std::all_of(value.begin(), value.end(), is_some_text);
}

bool is_one_character(const Json& value) {
  return value.is_string() && count_characters(value.get_ref<const std::string&>()) == 1;
}

bool is_relation(const Json& value) {
  return value == "at least" || value == "less than";
}

bool is_known_language(const Json& value) {
  const auto& known = ifeval_languages();
  return value.is_string() && std::find(known.begin(), known.end(), value.get<std::string>()) != known.end();
}

/// An argument has the same rule in all kinds that take it.
const ArgumentRule& rule_of(const std::string& argument) {
  static const ArgumentRule kCount = whole_number(0), kPlace = whole_number(1), kText{"a text", is_some_text},
                            kTexts{"a list of texts", are_some_texts},
                            kLetter{"one character", is_one_character},
                            kRelation{"\"at least\" or \"less than\"", is_relation},
                            kLanguage{"one of " + joined(ifeval_languages(), ", "), is_known_language};
  static const std::map<std::string, const ArgumentRule*> kOthers = {
      {"frequency", &kCount},       {"let_frequency", &kCount},      {"capital_frequency", &kCount},
      {"nth_paragraph", &kPlace},   {"keywords", &kTexts},           {"forbidden_words", &kTexts},
      {"letter", &kLetter},         {"language", &kLanguage},        {"relation", &kRelation},
      {"let_relation", &kRelation}, {"capital_relation", &kRelation}};
  if (argument.starts_with("num_")) return kCount;
  const auto other = kOthers.find(argument);
  return other == kOthers.end() ? kText : *other->second;
}

/// The value as JSON, cut where it is long.
std::string as_found(const Json& value) {
  constexpr size_t kLongest = 80;
  const std::string text = value.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
  return text.size() <= kLongest ? text : text.substr(0, character_begin(text, kLongest)) + " ...";
}

const Json& member_of(const Json& row, const char* key) {
  check(row.contains(key) && !row.at(key).is_null(), key,
        " is missing; wanted a row of IFEval: key, prompt, instruction_id_list, kwargs");
  return row.at(key);
}

std::string key_of(const Json& row) {
  const Json& key = member_of(row, "key");
  check(is_some_text(key) || key.is_number_integer(), "key is ", as_found(key),
        "; a whole number or a text is wanted");
  return key.is_string() ? key.get<std::string>() : key.dump();
}

std::string prompt_text_of(const Json& row) {
  const Json& prompt = member_of(row, "prompt");
  check(is_some_text(prompt), "prompt is ", as_found(prompt), "; a text is wanted");
  return prompt.get<std::string>();
}

std::vector<std::string> kinds_of(const Json& row) {
  const Json& list = member_of(row, "instruction_id_list");
  check(are_some_texts(list), "instruction_id_list is ", as_found(list),
        "; a list of one kind of instruction or more is wanted");
  std::vector<std::string> names;
  for (const auto& [name, arguments] : ifeval_kinds()) names.push_back(name);
  for (const Json& kind : list) {
    if (ifeval_kinds().count(kind) > 0) continue;
    const std::string near = nearest(kind.get<std::string>(), names);
    fail("instruction_id_list: there is no instruction ", as_found(kind),
         near.empty() ? "" : "; did you mean \"" + near + "\"?");
  }
  return list;
}

/// Exactly what the kind takes: another argument says that the row means something else than would be checked.
void check_kwargs(const std::string& place, const std::string& kind, const Json& found) {
  check(found.is_object(), place, " is ", as_found(found), "; an object is wanted");
  const auto& takes = ifeval_kinds().at(kind);
  for (const auto& [name, value] : found.items())
    check(value.is_null() || std::count(takes.begin(), takes.end(), name) > 0, place, " has ", as_found(name),
          "; ", kind, " takes ", takes.empty() ? "no arguments" : joined(takes, ", "));
  for (const std::string& name : takes) {
    check(found.contains(name) && !found.at(name).is_null(), place, ": ", kind, " has no ", name, "; ",
          rule_of(name).wanted, " is wanted");
    check(rule_of(name).is_met(found.at(name)), place, ": ", name, " of ", kind, " is ",
          as_found(found.at(name)), "; ", rule_of(name).wanted, " is wanted");
  }
}

std::vector<Json> kwargs_of(const Json& row, const std::vector<std::string>& kinds) {
  const Json& list = member_of(row, "kwargs");
  check(list.is_array(), "kwargs is ", as_found(list), "; a list of objects is wanted");
  check(list.size() == kinds.size(), "the row has ", kinds.size(),
        " instructions (instruction_id_list) and kwargs for ", list.size());
  for (size_t i = 0; i < kinds.size(); ++i) check_kwargs(str("kwargs[", i, "]"), kinds[i], list[i]);
  return list;
}

IfevalPrompt prompt_of(const Json& row) {
  check(row.is_object(), "the row is ", as_found(row), "; an object is wanted");
  IfevalPrompt prompt{key_of(row), prompt_text_of(row), kinds_of(row), {}};
  prompt.arguments = kwargs_of(row, prompt.instructions);
  return prompt;
}

}  // namespace

std::vector<IfevalPrompt> read_ifeval(const fs::path& jsonl) {
  std::vector<IfevalPrompt> prompts;
  std::map<std::string, size_t> lines;  // by key
  size_t line = 0;
  for (const std::string& text : read_lines(jsonl)) {
    ++line;
    if (strip(text).empty()) continue;
    const std::string place = str(jsonl.string(), ", line ", line);
    const Json row = parse_json(text, place);
    prompts.push_back(at_place("[ifeval] " + place, [&] { return prompt_of(row); }));
    const auto [first, is_new] = lines.emplace(prompts.back().id, line);
    check(is_new, "[ifeval] ", place, ": key ", as_found(row.at("key")), " was there before, in line ",
          first->second, "; keys must differ");
  }
  check(!prompts.empty(), "[ifeval] ", jsonl.string(), " has no prompts");
  return prompts;
}

}  // namespace selfreward
