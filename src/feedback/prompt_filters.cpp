#include "feedback/prompt_filters.h"

#include <strings.h>

#include "base/text_util.h"
#include "text/unicode/utf8.h"

namespace selfreward {
namespace {

std::string on_one_line(std::string_view text) {
  std::string line;
  for (const std::string& word : split_words(text)) {
    if (!line.empty()) line += ' ';
    line += word;
  }
  return line;
}

bool is_punctuation(char c) {
  return std::string_view("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~").find(c) != std::string_view::npos;
}

bool starts_with(const std::string& text, std::string_view prefix) {
  return text.size() >= prefix.size() && strncasecmp(text.data(), prefix.data(), prefix.size()) == 0;
}

/// Any of the words, whole: "map" is not in "mapping". \Q..\E takes them letter by letter.
Regex any_whole_word(const std::vector<std::string>& words) {
  std::string pattern;
  for (const std::string& word : words) {
    check(!strip(word).empty() && word.find("\\E") == std::string::npos, "[prompts] '", word,
          "' cannot be a keyword");
    pattern += str(pattern.empty() ? "" : "|", "\\Q", word, "\\E");
  }
  return Regex("\\b(?:" + pattern + ")\\b", /*ignore_case=*/true);
}

}  // namespace

std::string few_shot_text(std::string_view header, const std::vector<std::string>& shots) {
  std::string text = strip(header) + "\n";
  for (size_t i = 0; i < shots.size(); ++i) {
    const std::string shot = on_one_line(shots[i]);
    text += str(i + 1, ". ", strip(shot.substr(0, shot.find_last_not_of(':') + 1)), "\n");
  }
  return text + str(shots.size() + 1, ".");
}

std::vector<std::string> parse_new_prompts(const std::string& completion, FinishReason finish_reason) {
  static const Regex kNextNumber(R"(\n\s*[0-9]+\s?\.(?=\s|$))");
  const std::string text = repair_utf8(completion);
  std::vector<std::string> pieces;
  size_t begin = 0;
  for (const Regex::Match& match : kNextNumber.find_all(text)) {
    pieces.push_back(on_one_line(text.substr(begin, match[0].begin - begin)));
    begin = match[0].end;
  }
  if (finish_reason == FinishReason::stop) pieces.push_back(on_one_line(text.substr(begin)));
  std::erase(pieces, "");
  return pieces;
}

PromptFilter::PromptFilter(PromptLimits limits) : limits_(std::move(limits)) {
  check(limits_.min_words <= limits_.max_words, "[prompts] min_words ", limits_.min_words,
        " is above max_words ", limits_.max_words);
  check(limits_.rouge_threshold > 0 && limits_.rouge_threshold <= 1, "[prompts] rouge_threshold is ",
        limits_.rouge_threshold, ", wanted above 0 and at most 1 (1 drops exact copies only)");
  if (!limits_.keywords.empty()) keywords_ = any_whole_word(limits_.keywords);
}

std::optional<std::string> PromptFilter::reject_reason(const std::string& text) const {
  const std::string line = on_one_line(text);
  const size_t num_words = split_words(line).size();
  if (num_words < limits_.min_words || line.empty()) return "too_short";
  if (num_words > limits_.max_words) return "too_long";
  if (keywords_ && keywords_->matches(repair_utf8(line))) return "keyword";
  if (starts_with(line, "write a program")) return "starts_with_write_a_program";
  if (is_punctuation(line[0])) return "starts_with_punctuation";
  if (static_cast<unsigned char>(line[0]) >= 0x80) return "starts_with_non_ascii";
  if (texts_.contains(line)) return "duplicate";
  const double threshold = limits_.rouge_threshold;
  if (threshold < 1 && pool_.best_match(line, threshold) > 0) return "similar";
  return std::nullopt;
}

void PromptFilter::add(const std::string& text) {
  const std::string line = on_one_line(text);
  if (!texts_.insert(line).second) return;
  if (limits_.rouge_threshold < 1) pool_.add(line);
}

}  // namespace selfreward
