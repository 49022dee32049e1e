#include "base/error.h"
#include "text/jinja/lexer.h"
#include "text/jinja/unicode.h"
#include "text/unicode/utf8.h"

namespace selfreward::jinja {

namespace {

/// Appends the character of "x41", "u0041" or "U00000041"; the bytes after the letter.
size_t append_code(int line, std::string& out, std::string_view text) {
  const size_t size = text[0] == 'x' ? 2 : text[0] == 'u' ? 4 : 8;
  const std::string digits(text.substr(1, size));
  const bool good =
      digits.size() == size && digits.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
  const unsigned long code = good ? std::stoul(digits, nullptr, 16) : 0x110000;
  if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) {
    fail_at(line, str("the escape \\", text[0], digits, " in a string is not a character"));
  }
  out += encode_utf8(static_cast<char32_t>(code));
  return size;
}

size_t append_octal(std::string& out, std::string_view text) {
  size_t size = 0;
  char32_t code = 0;
  while (size < 3 && size < text.size() && text[size] >= '0' && text[size] <= '7') {
    code = code * 8 + static_cast<char32_t>(text[size++] - '0');
  }
  out += encode_utf8(code);
  return size - 1;
}

}  // namespace

std::string unescape(int line, std::string_view text) {
  static constexpr std::string_view kLetters = "\\'\"abfnrtv", kMeanings = "\\'\"\a\b\f\n\r\t\v";
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    const char c = text[++i];
    const size_t index = kLetters.find(c);
    if (index != std::string_view::npos)
      out += kMeanings[index];
    else if (c == 'x' || c == 'u' || c == 'U')
      i += append_code(line, out, text.substr(i));
    else if (c >= '0' && c <= '7')
      i += append_octal(out, text.substr(i));
    else if (c == 'N')
      fail_at(line, "the escape \\N in a string is not supported");
    else if (c != '\n')
      out += std::string("\\") + c;
  }
  return out;
}

}  // namespace selfreward::jinja
