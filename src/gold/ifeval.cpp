#include "gold/ifeval.h"

#include <algorithm>
#include <functional>

#include "base/regex.h"
#include "base/text_util.h"
#include "gold/ifeval_language.h"
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

int64_t count(const Regex& regex, const std::string& text) {
  return std::ssize(regex.find_wholes(text));
}

int64_t count(const std::string& pattern, const std::string& text, bool ignore_case = false) {
  return count(Regex(pattern, ignore_case), text);
}

/// "less than" or "at least", as the argument `relation` says.
bool compare(const Json& arguments, const char* relation, int64_t found, const char* limit) {
  const int64_t wanted = number(arguments, limit);
  return arguments.at(relation) == "less than" ? found < wanted : found >= wanted;
}

/// The pieces of a text between matches.
std::vector<std::string> split(const std::string& text, const Regex& separator) {
  std::vector<std::string> parts;
  size_t from = 0;
  for (const Regex::Group& match : separator.find_wholes(text)) {
    parts.push_back(text.substr(from, match.begin - from));
    from = match.end;
  }
  parts.push_back(text.substr(from));
  return parts;
}

const Regex& capitals() {
  static const Regex kCapitals("\\p{Lu}");
  return kCapitals;
}

const Regex& small_letters() {
  static const Regex kSmall("\\p{Ll}");
  return kSmall;
}

/// All cased letters are capitals (or small), and there is one.
bool is_all(const Regex& wanted, const Regex& other, const std::string& text) {
  return wanted.matches(text) && !other.matches(text);
}

bool has_all(const Json& keywords, const std::string& text) {
  return std::all_of(keywords.begin(), keywords.end(), [&](const Json& word) {
    return count(literal_pattern(word.get<std::string>()), text, true) > 0;
  });
}

bool has_none(const Json& words, const std::string& text) {
  return std::none_of(words.begin(), words.end(), [&](const Json& word) {
    return count("\\b" + literal_pattern(word.get<std::string>()) + "\\b", text, true) > 0;
  });
}

/// English, or so short that nothing marks a language.
bool may_be_english(const std::string& text) {
  const std::string language = ifeval_language(text);
  return language == "en" || language.empty();
}

/// Words in capitals alone; parts of "it's" count as its words.
int64_t capital_words(const std::string& text) {
  static const Regex kWord("[\\p{L}\\p{N}](?:[\\p{L}\\p{N}.-]*[\\p{L}\\p{N}])?|'\\p{L}+");
  int64_t found = 0;
  for (const Regex::Group& match : kWord.find_wholes(text))
    found += is_all(capitals(), small_letters(), std::string(match.in(text)));
  return found;
}

/// *so* and **so**, each with something in it; the double ones count for both.
int64_t highlights(const std::string& text) {
  static const Regex kOne("\\*[^\\n*]*\\*"), kTwo("\\*\\*[^\\n*]*\\*\\*");
  int64_t found = 0;
  for (const Regex* regex : {&kOne, &kTwo})
    for (const Regex::Group& match : regex->find_wholes(text))
      found += !strip(replace_all(std::string(match.in(text)), "*", "")).empty();
  return found;
}

/// Parts between *** are `wanted`; an empty one may only be the first or the last.
bool has_paragraphs(const std::string& text, int64_t wanted) {
  const auto parts = split(text, Regex("\\s?\\*\\*\\*\\s?"));
  auto found = std::ssize(parts);
  for (size_t i = 0; i < parts.size(); ++i) {
    if (!strip(parts[i]).empty()) continue;
    if (i > 0 && i + 1 < parts.size()) return false;
    --found;
  }
  return found == wanted;
}

/// The first word of a paragraph in small letters, up to its first mark.
std::string first_word(const std::string& paragraph) {
  const auto words = split_words(paragraph);
  if (words.empty()) return "";
  std::string word = ascii_lower(words.front());
  word.erase(0, std::min(word.find_first_not_of("'\""), word.size()));
  return word.substr(0, word.find_first_of(".,?!'\""));
}

bool begins_paragraph(const Json& arguments, const std::string& text) {
  const auto paragraphs = split(text, Regex("\\n\\n"));
  const auto whole = std::count_if(paragraphs.begin(), paragraphs.end(),
                                   [](const std::string& paragraph) { return !strip(paragraph).empty(); });
  const int64_t place = number(arguments, "nth_paragraph");
  if (place < 1 || place > whole || whole != number(arguments, "num_paragraphs")) return false;
  return first_word(paragraphs[static_cast<size_t>(place - 1)]) == ascii_lower(arguments.at("first_word"));
}

bool has_two_answers(const std::string& text) {
  const auto parts = split(text, Regex("\\*{6}"));
  std::vector<std::string> answers;
  for (size_t i = 0; i < parts.size(); ++i) {
    const std::string part = strip(parts[i]);
    if (part.empty() && i > 0 && i + 1 < parts.size()) return false;
    if (!part.empty()) answers.push_back(part);
  }
  return answers.size() == 2 && answers[0] != answers[1];
}

bool is_json(const std::string& answer) {
  std::string text = strip(answer);
  for (const std::string fence : {"```json", "```Json", "```JSON", "```"})
    if (text.starts_with(fence)) {
      text = text.substr(fence.size());
      break;
    }
  if (text.ends_with("```")) text.resize(text.size() - 3);
  return Json::accept(strip(text));
}

bool ends_with(const std::string& answer, const std::string& phrase) {
  std::string text = ascii_lower(strip(answer));
  text.erase(text.find_last_not_of('"') + 1);
  return text.ends_with(ascii_lower(strip(phrase)));
}

bool has_postscript(const std::string& marker, const std::string& text) {
  return count(marker == "P.P.S"  ? "p\\.\\s?p\\.\\s?s"
               : marker == "P.S." ? "p\\.\\s?s\\."
                                  : literal_pattern(marker),
               text, true) > 0;
}

bool is_one_of_three(const std::string& text) {
  return count("My answer is (?:yes|no|maybe)\\.", text) > 0;
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
          return compare(a, "relation", count(literal_pattern(a.at("keyword")), t, true), "frequency");
        }}},
      {"keywords:letter_frequency",
       {{"letter", "let_relation", "let_frequency"},
        [](Arguments a, Text t) {
          return compare(a, "let_relation", count(literal_pattern(a.at("letter")), t, true), "let_frequency");
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
        [](Arguments a, Text t) { return compare(a, "relation", count("\\w+", t), "num_words"); }}},
      {"length_constraints:number_paragraphs",
       {{"num_paragraphs"},
        [](Arguments a, Text t) { return has_paragraphs(t, number(a, "num_paragraphs")); }}},
      {"length_constraints:nth_paragraph_first_word",
       {{"num_paragraphs", "nth_paragraph", "first_word"}, begins_paragraph}},
      {"detectable_content:number_placeholders",
       {{"num_placeholders"},
        [](Arguments a, Text t) { return count("\\[.*?\\]", t) >= number(a, "num_placeholders"); }}},
      {"detectable_content:postscript",
       {{"postscript_marker"},
        [](Arguments a, Text t) { return has_postscript(a.at("postscript_marker"), t); }}},
      {"detectable_format:number_bullet_lists",
       {{"num_bullets"},
        [](Arguments a, Text t) {
          return count("(?m)^\\s*\\*[^*\\n].*$", t) + count("(?m)^\\s*-.*$", t) == number(a, "num_bullets");
        }}},
      {"detectable_format:constrained_response", {{}, [](Arguments, Text t) { return is_one_of_three(t); }}},
      {"detectable_format:number_highlighted_sections",
       {{"num_highlights"},
        [](Arguments a, Text t) { return highlights(t) >= number(a, "num_highlights"); }}},
      {"detectable_format:multiple_sections",
       {{"section_spliter", "num_sections"},
        [](Arguments a, Text t) {
          return count("\\s?" + literal_pattern(a.at("section_spliter")) + "\\s?\\d+\\s?", t) >=
                 number(a, "num_sections");
        }}},
      {"detectable_format:json_format", {{}, [](Arguments, Text t) { return is_json(t); }}},
      {"detectable_format:title",
       {{}, [](Arguments, Text t) { return count("<<[^\\n]*[^\\s<>][^\\n]*>>", t) > 0; }}},
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
       {{},
        [](Arguments, Text t) {
          return is_all(capitals(), small_letters(), t) && may_be_english(ascii_lower(t));
        }}},
      {"change_case:english_lowercase",
       {{}, [](Arguments, Text t) { return is_all(small_letters(), capitals(), t) && may_be_english(t); }}},
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
