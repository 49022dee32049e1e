#include "text/unicode/utf8.h"

#include "base/utf8.h"

namespace selfreward {
namespace {

/// Bytes of a character by its first byte; 0 for a byte that begins none.
size_t length_by_lead(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

/// Whether `second` may follow `lead`: no overlong forms, no surrogates, nothing above U+10FFFF.
bool second_byte_fits(unsigned char lead, unsigned char second) {
  const unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  return second >= low && second <= high;
}

}  // namespace

Utf8Character utf8_character(std::string_view text, size_t at) {
  const unsigned char lead = static_cast<unsigned char>(text[at]);
  const size_t wanted = length_by_lead(lead);
  if (wanted <= 1) return {1, wanted == 1};
  if (at + 1 >= text.size() || !second_byte_fits(lead, static_cast<unsigned char>(text[at + 1])))
    return {1, false};
  size_t length = 2;
  while (length < wanted && at + length < text.size() && is_continuation_byte(text[at + length])) ++length;
  return {length, length == wanted};
}

std::string repair_utf8(std::string_view text) {
  std::string repaired;
  repaired.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const Utf8Character next = utf8_character(text, at);
    repaired += next.valid ? text.substr(at, next.length) : kReplacementCharacter;
    at += next.length;
  }
  return repaired;
}

bool is_valid_utf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const Utf8Character next = utf8_character(text, at);
    if (!next.valid) return false;
    at += next.length;
  }
  return true;
}

char32_t code_point(std::string_view text, size_t at) {
  const size_t length = utf8_character(text, at).length;
  const unsigned char lead = static_cast<unsigned char>(text[at]);
  if (length == 1) return lead;
  char32_t code = lead & (0x7Fu >> length);
  for (size_t i = 1; i < length; ++i) code = (code << 6) | (static_cast<unsigned char>(text[at + i]) & 0x3Fu);
  return code;
}

std::string encode_utf8(char32_t code) {
  const auto tail = [code](int shift) { return static_cast<char>(0x80 | ((code >> shift) & 0x3F)); };
  if (code < 0x80) return {static_cast<char>(code)};
  if (code < 0x800) return {static_cast<char>(0xC0 | (code >> 6)), tail(0)};
  if (code < 0x10000) return {static_cast<char>(0xE0 | (code >> 12)), tail(6), tail(0)};
  return {static_cast<char>(0xF0 | (code >> 18)), tail(12), tail(6), tail(0)};
}

size_t previous_character(std::string_view text, size_t end) {
  return character_begin(text, end - 1);
}

bool is_white_space(char32_t code) {
  if (code >= 0x2000 && code <= 0x200A) return true;
  if (code >= 0x09 && code <= 0x0D) return true;
  for (const char32_t space : {0x20, 0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000})
    if (code == space) return true;
  return false;
}

size_t spaces_begin(std::string_view text, size_t end) {
  while (end > 0) {
    const size_t before = previous_character(text, end);
    if (!is_white_space(code_point(text, before))) break;
    end = before;
  }
  return end;
}

size_t spaces_end(std::string_view text, size_t begin) {
  while (begin < text.size() && is_white_space(code_point(text, begin)))
    begin += utf8_character(text, begin).length;
  return begin;
}

}  // namespace selfreward
