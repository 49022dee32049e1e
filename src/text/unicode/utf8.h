#pragma once
// UTF-8: characters of a byte string, and what becomes of bytes that are none.
#include <cstdint>
#include <string>
#include <string_view>

namespace selfreward {

/// U+FFFD, what stands for bytes that are not UTF-8.
inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

/// The character at byte `at` < text.size(). Where there is none, `valid` is false and `length` is the
/// longest start of a character (at least 1 byte): the unit that Python and Rust replace by one U+FFFD.
struct Utf8Character {
  size_t length = 1;
  bool valid = false;
};
Utf8Character utf8_character(std::string_view text, size_t at);

/// `text` with U+FFFD for what is not UTF-8, as Python's bytes.decode(errors="replace").
std::string repair_utf8(std::string_view text);
bool is_valid_utf8(std::string_view text);

/// The code point of the valid character at byte `at`.
char32_t code_point(std::string_view text, size_t at);
/// The UTF-8 bytes of a code point up to U+10FFFF.
std::string encode_utf8(char32_t code);
/// The first byte of the character that ends before byte `end` > 0 of valid text.
size_t previous_character(std::string_view text, size_t end);
/// Unicode's White_Space property.
bool is_white_space(char32_t code);
/// Where the white space that ends before byte `end` of valid text begins; `end` if there is none.
size_t spaces_begin(std::string_view text, size_t end);
/// Where the white space that begins at byte `begin` of valid text ends; `begin` if there is none.
size_t spaces_end(std::string_view text, size_t begin);

}  // namespace selfreward
