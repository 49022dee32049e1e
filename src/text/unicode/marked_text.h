#pragma once
// Text that remembers which of its bytes came from the data (message contents, tools), not from the chat
// template: a special token that a user wrote must stay text, the same letters of a template are a token.
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "text/unicode/byte_range.h"

namespace selfreward {

/// Adds a range that begins at or after the last one.
void add_range(ByteRanges& ranges, ByteRange range);

struct MarkedText {
  std::string text;
  ByteRanges data;
  bool operator==(const MarkedText&) const = default;
};

/// All of `text` as data.
MarkedText data_text(std::string text);
/// What became of `origin` where no byte can be followed: all data if any of `origin` was.
MarkedText marked_like(std::string text, const MarkedText& origin);
/// A part of whole.text, given as a view into it.
MarkedText piece_of(const MarkedText& whole, std::string_view piece);
void append_marked(MarkedText& out, const MarkedText& piece);
/// Calls `use` with each longest run of bytes that are all data or all not.
void for_each_run(const MarkedText& marked,
                  const std::function<void(std::string_view run, bool is_data)>& use);

}  // namespace selfreward
