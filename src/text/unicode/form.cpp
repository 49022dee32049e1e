#include "text/unicode/form.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "text/unicode/utf8.h"

namespace selfreward {
namespace {

// Characters younger than the Unicode of the `tokenizers` package (0.23), which leaves them as and where they
// are; utf8proc 2.8 knows them. Made with tests/tokenizers/unicode.py; U+11930 is the half of U+11938.
constexpr std::pair<char32_t, char32_t> kNewlyComposed[] = {
    {0x7FD, 0x7FD},     {0x898, 0x89F},     {0x8CA, 0x8D3},     {0x9FE, 0x9FE},     {0xC3C, 0xC3C},
    {0xD3B, 0xD3C},     {0xEBA, 0xEBA},     {0x1715, 0x1715},   {0x1ABF, 0x1ACE},   {0x1DF6, 0x1DFA},
    {0x32FF, 0x32FF},   {0xA7F2, 0xA7F4},   {0xA82C, 0xA82C},   {0xAB69, 0xAB69},   {0x10781, 0x10785},
    {0x10787, 0x107B0}, {0x107B2, 0x107BA}, {0x10D24, 0x10D27}, {0x10EAB, 0x10EAC}, {0x10EFD, 0x10EFF},
    {0x10F46, 0x10F50}, {0x10F82, 0x10F85}, {0x11070, 0x11070}, {0x1133B, 0x1133B}, {0x1145E, 0x1145E},
    {0x11839, 0x1183A}, {0x11930, 0x11930}, {0x11938, 0x11938}, {0x1193D, 0x1193E}, {0x11943, 0x11943},
    {0x119E0, 0x119E0}, {0x11A34, 0x11A34}, {0x11A47, 0x11A47}, {0x11A99, 0x11A99}, {0x11D42, 0x11D42},
    {0x11D44, 0x11D45}, {0x11D97, 0x11D97}, {0x11F41, 0x11F42}, {0x16FF0, 0x16FF1}, {0x1E030, 0x1E06D},
    {0x1E08F, 0x1E08F}, {0x1E130, 0x1E136}, {0x1E2AE, 0x1E2AE}, {0x1E2EC, 0x1E2EF}, {0x1E4EC, 0x1E4EF},
    {0x1F16C, 0x1F16C}, {0x1FBF0, 0x1FBF9}};

bool is_younger(char32_t code) {
  const auto range = std::partition_point(std::begin(kNewlyComposed), std::end(kNewlyComposed),
                                          [=](auto r) { return r.second < code; });
  return range != std::end(kNewlyComposed) && range->first <= code;
}

utf8proc_option_t options_of(UnicodeForm form) {
  const bool composed = form == UnicodeForm::nfc || form == UnicodeForm::nfkc;
  const bool compatible = form == UnicodeForm::nfkc || form == UnicodeForm::nfkd;
  return static_cast<utf8proc_option_t>(UTF8PROC_STABLE | (composed ? UTF8PROC_COMPOSE : UTF8PROC_DECOMPOSE) |
                                        (compatible ? UTF8PROC_COMPAT : 0));
}

/// Whether `form` surely leaves `text` as it is: ASCII, and for NFC what lies below U+0300 (bytes below
/// 0xCC).
bool is_unchanged(std::string_view text, UnicodeForm form) {
  const unsigned char limit = form == UnicodeForm::nfc ? 0xCC : 0x80;
  return std::all_of(text.begin(), text.end(), [=](char c) { return static_cast<unsigned char>(c) < limit; });
}

std::string mapped(std::string_view text, UnicodeForm form) {
  if (is_unchanged(text, form)) return std::string(text);
  utf8proc_uint8_t* bytes = nullptr;
  const utf8proc_ssize_t size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                   static_cast<utf8proc_ssize_t>(text.size()), &bytes, options_of(form));
  check(size >= 0, "[tokenizer] utf8proc cannot normalize a text of ", text.size(),
        " bytes: ", utf8proc_errmsg(size));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(bytes, &std::free);
  return {reinterpret_cast<const char*>(bytes), static_cast<size_t>(size)};
}

}  // namespace

std::string to_unicode_form(std::string_view text, UnicodeForm form) {
  if (is_unchanged(text, form)) return std::string(text);
  std::string out;
  size_t begin = 0;
  for (size_t at = 0, length; at < text.size(); at += length) {
    length = utf8_character(text, at).length;
    if (!is_younger(code_point(text, at))) continue;
    out += mapped(text.substr(begin, at - begin), form);
    out += text.substr(at, length);
    begin = at + length;
  }
  return out + mapped(text.substr(begin), form);
}

}  // namespace selfreward
