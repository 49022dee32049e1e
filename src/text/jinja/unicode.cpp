#include "text/jinja/unicode.h"

#include <locale.h>
#include <wctype.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "base/regex.h"
#include "base/utf8.h"
#include "text/unicode/utf8.h"

namespace selfreward::jinja {

std::string_view first_character(std::string_view text) {
  const Utf8Character first = utf8_character(text, 0);
  return text.substr(0, first.valid ? first.length : 1);
}

std::vector<std::string_view> characters(std::string_view text) {
  std::vector<std::string_view> pieces;
  while (!text.empty()) {
    pieces.push_back(first_character(text));
    text.remove_prefix(pieces.back().size());
  }
  return pieces;
}

size_t count_characters(std::string_view text) {
  size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(first_character(text).size());
  return count;
}

char32_t code_point(std::string_view character) {
  return utf8_character(character, 0).valid ? selfreward::code_point(character, 0) : 0xFFFD;
}

bool is_space(char32_t code) {
  if (code < 0x80) return code == ' ' || (code >= 0x09 && code <= 0x0D) || (code >= 0x1C && code <= 0x1F);
  return code == 0x85 || code == 0xA0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200A) ||
         code == 0x2028 || code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000;
}

size_t find_text(std::string_view text, std::string_view part) {
  if (part.size() <= 16) return text.find(part);
  const void* found = memmem(text.data(), text.size(), part.data(), part.size());
  return found ? static_cast<size_t>(static_cast<const char*>(found) - text.data()) : std::string_view::npos;
}

size_t leading_space(std::string_view text) {
  size_t size = 0;
  while (size < text.size()) {
    const std::string_view c = first_character(text.substr(size));
    if (!is_space(code_point(c))) break;
    size += c.size();
  }
  return size;
}

std::string_view strip_text(std::string_view text, Side side, const std::optional<std::string>& chars) {
  auto set = characters(chars ? std::string_view(*chars) : std::string_view());
  std::sort(set.begin(), set.end());
  const auto stripped = [&](std::string_view c) {
    return chars ? std::binary_search(set.begin(), set.end(), c) : is_space(code_point(c));
  };
  while (side != Side::right && !text.empty() && stripped(first_character(text))) {
    text.remove_prefix(first_character(text).size());
  }
  while (side != Side::left && !text.empty()) {
    size_t start = text.size() - 1;
    while (start > 0 && text.size() - start < 4 && is_continuation_byte(text[start])) --start;
    if (first_character(text.substr(start)).size() != text.size() - start) start = text.size() - 1;
    if (!stripped(text.substr(start))) break;
    text = text.substr(0, start);
  }
  return text;
}

namespace {

/// Unicode's simple case mappings come with the C library; nullptr where it has no UTF-8 locale.
locale_t unicode_locale() {
  static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  return locale;
}

char32_t map_case(char32_t code, bool upper) {
  if (code < 0x80) {
    if (upper) return code >= 'a' && code <= 'z' ? code - 32 : code;
    return code >= 'A' && code <= 'Z' ? code + 32 : code;
  }
  check(unicode_locale() != nullptr, "upper/lower of non-ASCII text needs the locale C.UTF-8");
  const auto wide = static_cast<wint_t>(code);
  return static_cast<char32_t>(upper ? towupper_l(wide, unicode_locale())
                                     : towlower_l(wide, unicode_locale()));
}

std::string change_case(std::string_view text, bool upper) {
  std::string ascii;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x80)
      ascii += static_cast<char>(map_case(static_cast<char32_t>(c), upper));
  }
  if (ascii.size() == text.size()) return ascii;
  // Unicode's SpecialCasing.txt: mappings to several characters, and the final sigma.
  static const Regex kSpecialUpper(
      "[\\x{df}\\x{149}\\x{1f0}\\x{390}\\x{3b0}\\x{587}\\x{1e96}-\\x{1e9a}\\x{1f50}-\\x{1f56}\\x{1f80}-\\x{"
      "1faf}"
      "\\x{1fb2}-\\x{1fbc}\\x{1fc2}-\\x{1fcc}\\x{1fd2}-\\x{1fd7}\\x{1fe2}-\\x{1fe7}\\x{1ff2}-\\x{1ffc}"
      "\\x{fb00}-\\x{fb17}]");
  static const Regex kSpecialLower("[\\x{130}\\x{3a3}]");
  check(!(upper ? kSpecialUpper : kSpecialLower).matches(text), upper ? "upper" : "lower",
        " of text with a character of special casing is not supported: ", text.substr(0, 80));
  std::string out;
  for (const std::string_view c : characters(text)) {
    const char32_t code = code_point(c);
    if (code == 0xFFFD) {
      out += c;
    } else {
      out += encode_utf8(map_case(code, upper));
    }
  }
  return out;
}

}  // namespace

std::string to_upper(std::string_view text) {
  return change_case(text, true);
}
std::string to_lower(std::string_view text) {
  return change_case(text, false);
}

size_t line_end(std::string_view text) {
  if (text.substr(0, 2) == "\r\n") return 2;
  const std::string_view c = first_character(text);
  const char32_t code = code_point(c);
  const bool ends = (code >= 0x0A && code <= 0x0D) || (code >= 0x1C && code <= 0x1E) || code == 0x85 ||
                    code == 0x2028 || code == 0x2029;
  return ends ? c.size() : 0;
}

}  // namespace selfreward::jinja
