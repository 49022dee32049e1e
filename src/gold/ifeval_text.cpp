#include "gold/ifeval_text.h"

#include <algorithm>

#include "base/json.h"
#include "base/regex.h"
#include "base/text_util.h"

namespace selfreward {
namespace {

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

/// The first word of a paragraph in small letters, up to its first mark.
std::string first_word(const std::string& paragraph) {
  const auto words = split_words(paragraph);
  if (words.empty()) return "";
  std::string word = ascii_lower(words.front());
  word.erase(0, std::min(word.find_first_not_of("'\""), word.size()));
  return word.substr(0, word.find_first_of(".,?!'\""));
}

}  // namespace

int64_t count_matches(const std::string& pattern, const std::string& text, bool ignore_case) {
  return std::ssize(Regex(pattern, ignore_case).find_wholes(text));
}

bool is_capital(const std::string& text) {
  return is_all(capitals(), small_letters(), text);
}

bool is_small(const std::string& text) {
  return is_all(small_letters(), capitals(), text);
}

int64_t capital_words(const std::string& text) {
  static const Regex kWord("[\\p{L}\\p{N}](?:[\\p{L}\\p{N}.-]*[\\p{L}\\p{N}])?|'\\p{L}+");
  int64_t found = 0;
  for (const Regex::Group& match : kWord.find_wholes(text)) found += is_capital(std::string(match.in(text)));
  return found;
}

int64_t highlights(const std::string& text) {
  static const Regex kOne("\\*[^\\n*]*\\*"), kTwo("\\*\\*[^\\n*]*\\*\\*");
  int64_t found = 0;
  for (const Regex* regex : {&kOne, &kTwo})
    for (const Regex::Group& match : regex->find_wholes(text))
      found += !strip(replace_all(std::string(match.in(text)), "*", "")).empty();
  return found;
}

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

bool begins_paragraph(const std::string& text, int64_t place, int64_t wanted, const std::string& word) {
  const auto paragraphs = split(text, Regex("\\n\\n"));
  const auto whole = std::count_if(paragraphs.begin(), paragraphs.end(),
                                   [](const std::string& paragraph) { return !strip(paragraph).empty(); });
  if (place < 1 || place > whole || whole != wanted) return false;
  return first_word(paragraphs[static_cast<size_t>(place - 1)]) == ascii_lower(word);
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

}  // namespace selfreward
