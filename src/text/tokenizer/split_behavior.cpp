#include "text/tokenizer/split_behavior.h"

namespace selfreward {
namespace {

/// A match joins the piece before it; of several matches in a row only the first does.
Spans merged_with_previous(Spans spans) {
  size_t count = 0;
  bool after_match = false;
  for (const Span span : spans) {
    if (span.is_match && !after_match && count > 0)
      spans[count - 1].end = span.end;
    else
      spans[count++] = span;
    after_match = span.is_match;
  }
  spans.resize(count);
  return spans;
}

/// A match joins the piece after it; of several matches in a row only the last does.
Spans merged_with_next(Spans spans) {
  Spans merged;
  bool before_match = false;
  for (size_t i = spans.size(); i-- > 0;) {
    if (spans[i].is_match && !before_match && !merged.empty())
      merged.back().begin = spans[i].begin;
    else
      merged.push_back(spans[i]);
    before_match = spans[i].is_match;
  }
  return {merged.rbegin(), merged.rend()};
}

}  // namespace

Spans isolated(Spans spans) {
  return spans;
}

Spans removed(Spans spans) {
  std::erase_if(spans, [](const Span& span) { return span.is_match; });
  return spans;
}

Spans contiguous(Spans spans) {
  size_t count = 0;
  for (const Span span : spans) {
    if (count > 0 && spans[count - 1].is_match == span.is_match)
      spans[count - 1].end = span.end;
    else
      spans[count++] = span;
  }
  spans.resize(count);
  return spans;
}

SplitBehavior read_behavior(const JsonPart& json, bool optional) {
  if (optional && !json.has("behavior")) return isolated;
  const std::string behavior = json.text("behavior");
  if (behavior == "Isolated") return isolated;
  if (behavior == "Removed") return removed;
  if (behavior == "Contiguous") return contiguous;
  if (behavior == "MergedWithPrevious") return merged_with_previous;
  if (behavior == "MergedWithNext") return merged_with_next;
  json.unsupported("behavior", "Isolated, Removed, Contiguous, MergedWithPrevious, MergedWithNext");
}

}  // namespace selfreward
