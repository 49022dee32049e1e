#include "gold/count_check.h"

#include <algorithm>

#include "base/text_util.h"
#include "gold/text.h"

namespace selfreward {
namespace {

using K = RequirementKind;

constexpr size_t kWordsOfPart = 3, kWordsOfPoint = 2, kWordsBetweenMarks = 5;

std::vector<std::string> counted_parts(K kind, const std::string& text) {
  if (kind == K::sentences) return sentences_of(text);
  if (kind == K::words) return words_of(text);
  if (kind == K::paragraphs) return paragraphs_of(text);
  if (kind == K::bullets) return bullets_of(text);
  return kind == K::numbered ? numbered_of(text) : placeholders_of(text);
}

std::string counted_text(K kind, size_t count) {
  std::string noun = kind == K::bullets    ? "bullet points"
                     : kind == K::numbered ? "numbered points"
                                           : to_string(kind);
  if (count == 1) noun.pop_back();
  return str(count, " ", noun);
}

/// A part as it is quoted: the first words of a sentence, a placeholder as a whole.
std::string quoted_part(K kind, const std::string& part) {
  if (kind == K::placeholders) return part;
  auto words = split_words(part);
  const size_t most = kind == K::bullets || kind == K::numbered ? kWordsOfPoint : kWordsOfPart;
  if (words.size() > most) words.resize(most);
  return joined(words, " ");
}

std::string numbered_parts(K kind, const std::vector<std::string>& parts, size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i) text += str(i + 1, " ", quoted_part(kind, parts[i]), "; ");
  return text;
}

/// The words with their number behind every fifth.
std::string marked_words(const std::vector<std::string>& words, size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i) {
    text += (i == 0 ? "" : " ") + words[i];
    if ((i + 1) % kWordsBetweenMarks == 0) text += str(" (", i + 1, ")");
  }
  return text.empty() ? "" : text + "; ";
}

/// How a count lies to what is wanted, the same words for a lower and an upper end: what follows from it is the verdict.
std::string compared(const Requirement& r, int64_t count) {
  if (r.min && count < *r.min) return str("less than ", *r.min);
  if (r.max && count > *r.max) return str("more than ", *r.max);
  if (r.min && r.max && *r.min < *r.max) return str("between ", *r.min, " and ", *r.max);
  const int64_t end = r.max ? *r.max : *r.min;
  return count == end ? str("as many as ", end) : str("less than ", end);
}

std::string evidence_of(const Requirement& r, const std::vector<std::string>& parts) {
  const auto enough = static_cast<size_t>(r.max ? *r.max + 1 : *r.min);  // so many decide
  const size_t count = std::min(parts.size(), enough);
  return (r.kind == K::words ? marked_words(parts, count) : numbered_parts(r.kind, parts, count)) +
         str(count, " counted, ", compared(r, static_cast<int64_t>(count)));
}

}  // namespace

RequirementVerdict check_count(const Requirement& r, const std::string& text) {
  const auto parts = counted_parts(r.kind, text);
  const int64_t count = std::ssize(parts);
  const bool met = count >= r.min.value_or(count) && count <= r.max.value_or(count);
  return {met, wanted_text(r), counted_text(r.kind, parts.size()), evidence_of(r, parts)};
}

}  // namespace selfreward
