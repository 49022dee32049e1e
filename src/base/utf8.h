#pragma once
// Where characters begin in a text of UTF-8, for those who count or cut it. What its characters mean, and
// which bytes are no UTF-8, is known to text/unicode/utf8.h.
#include <cstdint>
#include <string_view>

namespace selfreward {

/// Whether the byte goes on with a character that began before it.
inline bool is_continuation_byte(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

/// Unicode characters of valid UTF-8.
int64_t count_characters(std::string_view text);

/// The first byte of the character that byte `at` belongs to: where a text of at most `at` bytes is cut. The end
/// of the text is where it is.
size_t character_begin(std::string_view text, size_t at);

/// Where the first character begins that does so at byte `at` or behind it: the text's end if there is none.
size_t next_character(std::string_view text, size_t at);

}  // namespace selfreward
