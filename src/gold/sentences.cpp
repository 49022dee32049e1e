#include "gold/sentences.h"

#include "base/regex.h"
#include "base/text_util.h"

namespace selfreward {
namespace {

/// What stands before a single dot that is no end of a sentence ...
const Regex& never_ends() {
  static const Regex kPattern("(?i)(?<![\\p{L}\\p{N}])(?:e\\.?g|i\\.e|mr|mrs|ms|dr|prof|st|vs|cf|approx)$");
  return kPattern;
}
/// ... unless no digit follows ("No. 5"), ...
const Regex& before_digit() {
  static const Regex kPattern("(?i)(?<![\\p{L}\\p{N}])(?:no|nr|fig|vol|pp?)$");
  return kPattern;
}
/// ... or a capital does ("at 5 p.m. The bus"), ...
const Regex& may_end() {
  static const Regex kPattern(
      "(?i)(?<![\\p{L}\\p{N}])(?:etc|inc|ltd|co|jr|sr|a\\.m|p\\.m|u\\.s|u\\.k|ph\\.d)$");
  return kPattern;
}
/// ... or which is an initial ("J. K. Rowling"); "I" and "A" may end a sentence.
const Regex& initial() {
  static const Regex kPattern("(?:^|\\.\\h?|\\p{Lu}\\p{L}*\\h)[B-HJ-Z]$");
  return kPattern;
}

bool starts_with_class(std::string_view text, const Regex& pattern) {
  const auto match = pattern.search(text);
  return match && (*match)[0].begin == 0;
}

bool is_end(std::string_view before, std::string_view marks, std::string_view after) {
  static const Regex kSmall("\\A\\s*[\"'(\\[*_]*\\p{Ll}"), kCapital("\\A\\s*[\"'(\\[*_]*\\p{Lu}"),
      kDigit("\\A\\s*\\p{N}");
  const bool small = starts_with_class(after, kSmall);
  const bool ellipsis = marks.starts_with("..") || marks.starts_with("\u2026");
  const bool closed = marks.find_first_of("\")']") != std::string_view::npos;
  if (small && (ellipsis || closed)) return false;
  if (marks[0] != '.' || ellipsis) return true;
  if (never_ends().matches(before)) return false;
  if (before_digit().matches(before) && starts_with_class(after, kDigit)) return false;
  if (initial().matches(before) && starts_with_class(after, kCapital)) return false;
  return !(may_end().matches(before) && small);
}

bool has_word(std::string_view text) {
  static const Regex kWord("[\\p{L}\\p{N}]");
  return kWord.matches(text);
}

}  // namespace

bool is_title_line(std::string_view line) {
  static const Regex kTitle("\\A\\s*(?:[*_]*\\[\\[[^\\[\\]\\n]+\\]\\][*_]*|#{1,6}\\h[^\\n]*)\\s*\\z");
  return kTitle.matches(line);
}

std::vector<std::string> sentence_runs(const std::string& text) {
  static const Regex kMarker("^\\h*(?:[-*+•–]|(?:\\*\\*)?\\d{1,2}[.)](?:\\*\\*)?)\\h+"), kFence("^\\h*```");
  std::vector<std::string> runs(1);
  size_t begin = 0;
  while (begin <= text.size()) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = strip(text.substr(begin, end - begin));
    begin = end + 1;
    const auto marker = kMarker.search(line);
    const bool apart = line.empty() || is_title_line(line) || kFence.matches(line);
    if (apart || marker) runs.emplace_back();
    if (apart) continue;
    runs.back() += (runs.back().empty() ? "" : " ") + line.substr(marker ? (*marker)[0].end : 0);
  }
  std::erase_if(runs, [](const std::string& run) { return !has_word(run); });
  return runs;
}

std::vector<std::string> split_sentences(const std::string& run) {
  static const Regex kMarks("[.!?…]+[\"')\\]*_]*(?=\\s|$)|[。！？]+");
  std::vector<std::string> sentences;
  size_t begin = 0;
  const std::string_view view = run;
  for (const auto& marks : kMarks.find_wholes(run)) {
    const std::string_view so_far = view.substr(begin, marks.begin - begin);
    if (!has_word(so_far) || !is_end(so_far, marks.in(view), view.substr(marks.end))) continue;
    sentences.push_back(strip(view.substr(begin, marks.end - begin)));
    begin = marks.end;
  }
  if (has_word(view.substr(begin))) sentences.push_back(strip(view.substr(begin)));
  return sentences;
}

}  // namespace selfreward
