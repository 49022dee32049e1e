#include "text/pre_tokenizer.h"

#include "text/byte_level.h"
#include "text/split_pattern.h"

namespace selfreward {
namespace {

using Pieces = PreTokenizer::Pieces;
using Step = std::function<void(const std::string&, Pieces&)>;
using Spans = std::vector<Span>;

// The split of GPT-2 (openai/gpt-2, src/encoder.py), which ByteLevel has built in.
constexpr const char* kGpt2Pattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

void append_pieces(const std::string& text, const Spans& spans, Pieces& out) {
  for (const Span& span : spans)
    if (span.end > span.begin) out.push_back(text.substr(span.begin, span.end - span.begin));
}

// What becomes of the matches: the behaviors of Split, named as in tokenizer.json.
Spans isolated(Spans spans) {
  return spans;
}

Spans removed(Spans spans) {
  std::erase_if(spans, [](const Span& span) { return span.is_match; });
  return spans;
}

/// Neighbours of one kind become one piece.
Spans contiguous(Spans spans) {
  Spans merged;
  for (const Span& span : spans) {
    if (!merged.empty() && merged.back().is_match == span.is_match)
      merged.back().end = span.end;
    else
      merged.push_back(span);
  }
  return merged;
}

/// A match joins the piece before it; of several matches in a row only the first does.
Spans merged_with_previous(Spans spans) {
  Spans merged;
  bool after_match = false;
  for (const Span& span : spans) {
    if (span.is_match && !after_match && !merged.empty())
      merged.back().end = span.end;
    else
      merged.push_back(span);
    after_match = span.is_match;
  }
  return merged;
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

Spans (*read_behavior(const JsonPart& json))(Spans) {
  const std::string behavior = json.text("behavior");
  if (behavior == "Isolated") return isolated;
  if (behavior == "Removed") return removed;
  if (behavior == "Contiguous") return contiguous;
  if (behavior == "MergedWithPrevious") return merged_with_previous;
  if (behavior == "MergedWithNext") return merged_with_next;
  json.unsupported("behavior", "Isolated, Removed, Contiguous, MergedWithPrevious, MergedWithNext");
}

Step read_split(const JsonPart& json) {
  return [pattern = read_pattern(json.at("pattern")), behavior = read_behavior(json),
          invert = json.flag("invert", false)](const std::string& piece, Pieces& out) {
    Spans spans = find_spans(pattern, piece);
    for (Span& span : spans) span.is_match ^= invert;
    append_pieces(piece, behavior(std::move(spans)), out);
  };
}

Step read_digits(const JsonPart& json) {
  return [pattern = oniguruma_regex(R"(\p{N})"),
          behavior = json.flag("individual_digits", false) ? isolated : contiguous](const std::string& piece,
                                                                                    Pieces& out) {
    append_pieces(piece, behavior(find_spans(pattern, piece)), out);
  };
}

Step read_byte_level(const JsonPart& json) {
  return [pattern = oniguruma_regex(kGpt2Pattern), prefix = json.flag("add_prefix_space", true),
          use_regex = json.flag("use_regex", true)](const std::string& piece, Pieces& out) {
    const std::string text = prefix && !piece.starts_with(' ') ? " " + piece : piece;
    const size_t first = out.size();
    if (use_regex)
      append_pieces(text, find_spans(pattern, text), out);
    else
      out.push_back(text);
    for (size_t i = first; i < out.size(); ++i) out[i] = to_byte_level(out[i]);
  };
}

Step read_step(const JsonPart& json) {
  const std::string type = json.text("type");
  if (type == "ByteLevel") return read_byte_level(json);
  if (type == "Digits") return read_digits(json);
  if (type == "Split") return read_split(json);
  json.unsupported("type", "ByteLevel, Digits, Split, Sequence");
}

}  // namespace

PreTokenizer::PreTokenizer(const JsonPart& json) {
  for (const JsonPart& step : flatten_sequence(json, "pretokenizers")) steps_.push_back(read_step(step));
}

Pieces PreTokenizer::split(std::string_view text) const {
  if (text.empty()) return {};
  Pieces pieces{std::string(text)};
  for (const Step& step : steps_) {
    Pieces next;
    for (const std::string& piece : pieces) step(piece, next);
    pieces = std::move(next);
  }
  return pieces;
}

}  // namespace selfreward
