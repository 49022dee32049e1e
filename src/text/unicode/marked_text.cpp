#include "text/unicode/marked_text.h"

#include <algorithm>

namespace selfreward {
namespace {

/// The first range that ends after byte `at`.
ByteRanges::const_iterator first_after(const ByteRanges& ranges, size_t at) {
  return std::partition_point(ranges.begin(), ranges.end(),
                              [at](const ByteRange& range) { return range.end <= at; });
}

}  // namespace

void add_range(ByteRanges& ranges, ByteRange range) {
  if (range.begin >= range.end) return;
  if (!ranges.empty() && ranges.back().end >= range.begin)
    ranges.back().end = std::max(ranges.back().end, range.end);
  else
    ranges.push_back(range);
}

MarkedText data_text(std::string text) {
  MarkedText marked{std::move(text), {}};
  add_range(marked.data, {0, marked.text.size()});
  return marked;
}

MarkedText marked_like(std::string text, const MarkedText& origin) {
  return origin.data.empty() ? MarkedText{std::move(text), {}} : data_text(std::move(text));
}

MarkedText piece_of(const MarkedText& whole, std::string_view piece) {
  MarkedText out{std::string(piece), {}};
  if (piece.empty() || whole.data.empty()) return out;
  const auto begin = static_cast<size_t>(piece.data() - whole.text.data()), end = begin + piece.size();
  for (auto range = first_after(whole.data, begin); range != whole.data.end() && range->begin < end; ++range)
    add_range(out.data, {std::max(range->begin, begin) - begin, std::min(range->end, end) - begin});
  return out;
}

void append_marked(MarkedText& out, const MarkedText& piece) {
  const size_t at = out.text.size();
  out.text += piece.text;
  for (const ByteRange& range : piece.data) add_range(out.data, {at + range.begin, at + range.end});
}

void for_each_run(const MarkedText& marked,
                  const std::function<void(std::string_view run, bool is_data)>& use) {
  const std::string_view text = marked.text;
  size_t done = 0;
  for (const ByteRange& range : marked.data) {
    if (range.begin > done) use(text.substr(done, range.begin - done), false);
    use(text.substr(range.begin, range.end - range.begin), true);
    done = range.end;
  }
  if (done < text.size()) use(text.substr(done), false);
}

}  // namespace selfreward
