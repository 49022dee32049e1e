#include "gold/ifeval.h"

#include <algorithm>
#include <functional>

#include "base/regex.h"
#include "base/text_util.h"
#include "gold/ifeval_language.h"
#include "gold/ifeval_text.h"
#include "gold/text.h"

namespace selfreward {
namespace {

using Check = std::function<bool(const Json& arguments, const std::string& answer)>;

/// A kind of instruction, and the arguments that it comes with.
struct Kind {
  std::vector<std::string> takes;
  Check is_followed;
};

int64_t number(const Json& arguments, const char* name) {
  return arguments.at(name).get<int64_t>();
}

/// "less than" or "at least", as the argument `relation` says.
bool compare(const Json& arguments, const char* relation, int64_t found, const char* limit) {
  const int64_t wanted = number(arguments, limit);
  return arguments.at(relation) == "less than" ? found < wanted : found >= wanted;
}

bool has_all(const Json& keywords, const std::string& text) {
  return std::all_of(keywords.begin(), keywords.end(), [&](const Json& word) {
    return count_matches(literal_pattern(word.get<std::string>()), text, true) > 0;
  });
}

bool has_none(const Json& words, const std::string& text) {
  return std::none_of(words.begin(), words.end(), [&](const Json& word) {
    return count_matches("\\b" + literal_pattern(word.get<std::string>()) + "\\b", text, true) > 0;
  });
}

/// English, or so short that nothing marks a language.
bool may_be_english(const std::string& text) {
  const std::string language = ifeval_language(text);
  return language == "en" || language.empty();
}

bool ends_with(const std::string& answer, const std::string& phrase) {
  std::string text = ascii_lower(strip(answer));
  text.erase(text.find_last_not_of('"') + 1);
  return text.ends_with(ascii_lower(strip(phrase)));
}

bool has_postscript(const std::string& marker, const std::string& text) {
  return count_matches(marker == "P.P.S"  ? "p\\.\\s?p\\.\\s?s"
                       : marker == "P.S." ? "p\\.\\s?s\\."
                                          : literal_pattern(marker),
                       text, true) > 0;
}

bool is_one_of_three(const std::string& text) {
  return count_matches("My answer is (?:yes|no|maybe)\\.", text) > 0;
}

bool is_quoted(const std::string& answer) {
  const std::string text = strip(answer);
  return text.size() > 1 && text.front() == '"' && text.back() == '"';
}

const std::map<std::string, Kind>& kinds() {
  using Arguments = const Json&;
  using Text = const std::string&;
  static const std::map<std::string, Kind> kKinds = {
      {"keywords:existence",
       {{"keywords"}, [](Arguments a, Text t) { return has_all(a.at("keywords"), t); }}},
      {"keywords:forbidden_words",
       {{"forbidden_words"}, [](Arguments a, Text t) { return has_none(a.at("forbidden_words"), t); }}},
      {"keywords:frequency",
       {{"keyword", "relation", "frequency"},
        [](Arguments a, Text t) {
          return compare(a, "relation", count_matches(literal_pattern(a.at("keyword")), t, true),
                         "frequency");
        }}},
      {"keywords:letter_frequency",
       {{"letter", "let_relation", "let_frequency"},
        [](Arguments a, Text t) {
          return compare(a, "let_relation", count_matches(literal_pattern(a.at("letter")), t, true),
                         "let_frequency");
        }}},
      {"language:response_language",
       {{"language"},
        [](Arguments a, Text t) { return ifeval_language(t) == a.at("language").get<std::string>(); }}},
      {"length_constraints:number_sentences",
       {{"relation", "num_sentences"},
        [](Arguments a, Text t) {
          return compare(a, "relation", std::ssize(sentences_of(plain_text(t))), "num_sentences");
        }}},
      {"length_constraints:number_words",
       {{"relation", "num_words"},
        [](Arguments a, Text t) { return compare(a, "relation", count_matches("\\w+", t), "num_words"); }}},
      {"length_constraints:number_paragraphs",
       {{"num_paragraphs"},
        [](Arguments a, Text t) { return has_paragraphs(t, number(a, "num_paragraphs")); }}},
      {"length_constraints:nth_paragraph_first_word",
       {{"num_paragraphs", "nth_paragraph", "first_word"},
        [](Arguments a, Text t) {
          return begins_paragraph(t, number(a, "nth_paragraph"), number(a, "num_paragraphs"),
                                  a.at("first_word"));
        }}},
      {"detectable_content:number_placeholders",
       {{"num_placeholders"},
        [](Arguments a, Text t) { return count_matches("\\[.*?\\]", t) >= number(a, "num_placeholders"); }}},
      {"detectable_content:postscript",
       {{"postscript_marker"},
        [](Arguments a, Text t) { return has_postscript(a.at("postscript_marker"), t); }}},
      {"detectable_format:number_bullet_lists",
       {{"num_bullets"},
        [](Arguments a, Text t) {
          return count_matches("(?m)^\\s*\\*[^*\\n].*$", t) + count_matches("(?m)^\\s*-.*$", t) ==
                 number(a, "num_bullets");
        }}},
      {"detectable_format:constrained_response", {{}, [](Arguments, Text t) { return is_one_of_three(t); }}},
      {"detectable_format:number_highlighted_sections",
       {{"num_highlights"},
        [](Arguments a, Text t) { return highlights(t) >= number(a, "num_highlights"); }}},
      {"detectable_format:multiple_sections",
       {{"section_spliter", "num_sections"},
        [](Arguments a, Text t) {
          return count_matches("\\s?" + literal_pattern(a.at("section_spliter")) + "\\s?\\d+\\s?", t) >=
                 number(a, "num_sections");
        }}},
      {"detectable_format:json_format", {{}, [](Arguments, Text t) { return is_json(t); }}},
      {"detectable_format:title",
       {{}, [](Arguments, Text t) { return count_matches("<<[^\\n]*[^\\s<>][^\\n]*>>", t) > 0; }}},
      {"combination:two_responses", {{}, [](Arguments, Text t) { return has_two_answers(t); }}},
      {"combination:repeat_prompt",
       {{"prompt_to_repeat"},
        [](Arguments a, Text t) {
          return ascii_lower(strip(t)).starts_with(
              ascii_lower(strip(a.at("prompt_to_repeat").get<std::string>())));
        }}},
      {"startend:end_checker",
       {{"end_phrase"}, [](Arguments a, Text t) { return ends_with(t, a.at("end_phrase")); }}},
      {"startend:quotation", {{}, [](Arguments, Text t) { return is_quoted(t); }}},
      {"change_case:capital_word_frequency",
       {{"capital_relation", "capital_frequency"},
        [](Arguments a, Text t) {
          return compare(a, "capital_relation", capital_words(t), "capital_frequency");
        }}},
      {"change_case:english_capital",
       {{}, [](Arguments, Text t) { return is_capital(t) && may_be_english(ascii_lower(t)); }}},
      {"change_case:english_lowercase",
       {{}, [](Arguments, Text t) { return is_small(t) && may_be_english(t); }}},
      {"punctuation:no_comma", {{}, [](Arguments, Text t) { return t.find(',') == std::string::npos; }}},
  };
  return kKinds;
}

}  // namespace

const std::map<std::string, std::vector<std::string>>& ifeval_kinds() {
  static const auto kNames = [] {
    std::map<std::string, std::vector<std::string>> names;
    for (const auto& [name, kind] : kinds()) names[name] = kind.takes;
    return names;
  }();
  return kNames;
}

std::vector<bool> follows(const IfevalPrompt& prompt, const std::string& answer) {
  std::vector<bool> followed;
  const bool says_something = !strip(answer).empty();
  for (size_t i = 0; i < prompt.instructions.size(); ++i)
    followed.push_back(says_something &&
                       kinds().at(prompt.instructions[i]).is_followed(prompt.arguments[i], answer));
  return followed;
}

std::vector<bool> follows_loosely(const IfevalPrompt& prompt, const std::string& answer) {
  const size_t first = answer.find('\n'), last = answer.rfind('\n');
  const bool several = first != std::string::npos;
  std::vector<std::string> forms = {
      answer, several ? strip(answer.substr(first + 1)) : "", several ? strip(answer.substr(0, last)) : "",
      several && first < last ? strip(answer.substr(first + 1, last - first - 1)) : ""};
  for (size_t i = 0; i < 4; ++i) forms.push_back(replace_all(forms[i], "*", ""));
  std::vector<bool> followed(prompt.instructions.size(), false);
  for (const std::string& form : forms) {
    const auto here = follows(prompt, form);
    for (size_t i = 0; i < here.size(); ++i) followed[i] = followed[i] || here[i];
  }
  return followed;
}

}  // namespace selfreward
