#include "gold/text.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/regex.h"
#include "base/text_util.h"
#include "gold/sentences.h"
#include "text/unicode/utf8.h"

namespace selfreward {
namespace {

constexpr size_t kMinWords = 3, kMinGroups = 10;
constexpr double kMaxRepeatedTextShare = 0.5;

std::vector<std::string> found(const Regex& pattern, const std::string& text) {
  std::vector<std::string> pieces;
  for (const auto& match : pattern.find_wholes(text)) pieces.emplace_back(match.in(text));
  return pieces;
}

/// Runs of letters and digits with ASCII capitals made small.
std::vector<std::string> bare_words(const std::string& text) {
  static const Regex kRun("[\\p{L}\\p{N}]+");
  auto words = found(kRun, text);
  for (std::string& word : words)
    for (char& c : word) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return words;
}

}  // namespace

std::string plain_text(const std::string& answer) {
  std::string text = repair_utf8(answer);
  for (const auto& [from, to] : std::vector<std::pair<const char*, const char*>>{{"\r\n", "\n"},
                                                                                 {"\r", "\n"},
                                                                                 {"\u2018", "'"},
                                                                                 {"\u2019", "'"},
                                                                                 {"\u201C", "\""},
                                                                                 {"\u201D", "\""},
                                                                                 {"\u00A0", " "},
                                                                                 {"\u202F", " "},
                                                                                 {"\u3000", " "}})
    text = replace_all(std::move(text), from, to);
  return strip(text);
}

std::vector<std::string> sentences_of(const std::string& text) {
  std::vector<std::string> sentences;
  for (const std::string& run : sentence_runs(text))
    for (std::string& sentence : split_sentences(run)) sentences.push_back(std::move(sentence));
  return sentences;
}

std::vector<std::string> words_of(const std::string& text) {
  static const Regex kNumber("(?m)^\\h*\\d{1,2}[.)](?=\\h)"), kWord("\\S*[\\p{L}\\p{N}]\\S*");
  std::string rest;
  size_t at = 0;
  for (const auto& number : kNumber.find_wholes(text)) {
    rest += text.substr(at, number.begin - at);
    at = number.end;
  }
  return found(kWord, rest + text.substr(at));
}

std::vector<std::string> paragraphs_of(const std::string& text) {
  static const Regex kBreak("\\n\\h*\\n\\s*"), kWord("[\\p{L}\\p{N}]");
  std::vector<std::string> paragraphs;
  const auto add = [&](const std::string& part) {
    if (kWord.matches(part) && !is_title_line(part)) paragraphs.push_back(part);
  };
  size_t at = 0;
  for (const auto& gap : kBreak.find_wholes(text)) {
    add(text.substr(at, gap.begin - at));
    at = gap.end;
  }
  add(text.substr(at));
  return paragraphs;
}

std::vector<std::string> bullets_of(const std::string& text) {
  static const Regex kBullet("(?m)^\\h*[-*+•–]\\h+\\K.*[\\p{L}\\p{N}].*$");
  return found(kBullet, text);
}

std::vector<std::string> numbered_of(const std::string& text) {
  static const Regex kNumbered("(?m)^\\h*(?:\\*\\*)?\\d{1,2}[.)](?:\\*\\*)?\\h+\\K.*[\\p{L}\\p{N}].*$");
  return found(kNumbered, text);
}

std::vector<std::string> placeholders_of(const std::string& text) {
  static const Regex kPlaceholder("(?<!\\[)\\[(?=[^\\[\\]\\n]*\\p{L})[^\\[\\]\\n]{1,40}\\](?![\\](])");
  return found(kPlaceholder, text);
}

std::string repeated_sentence(const std::string& text) {
  std::set<std::vector<std::string>> seen;
  for (const std::string& sentence : sentences_of(text))
    if (!seen.insert(bare_words(sentence)).second) return sentence;
  return "";
}

double repeated_share(const std::string& text) {
  const auto words = bare_words(text);
  if (words.size() < kMinGroups + 2) return 0;
  std::set<std::vector<std::string>> groups;
  const auto total = words.size() - 2;
  for (size_t i = 0; i < total; ++i) groups.insert({words[i], words[i + 1], words[i + 2]});
  return 1 - static_cast<double>(groups.size()) / static_cast<double>(total);
}

std::string degenerate_reason(const std::string& text) {
  const auto words = bare_words(text);
  if (words.size() < kMinWords) return str("fewer than ", kMinWords, " words");
  const bool one_word = std::set<std::string>(words.begin(), words.end()).size() == 1;
  if (one_word || repeated_share(text) > kMaxRepeatedTextShare) return "the same words over and over";
  return "";
}

}  // namespace selfreward
