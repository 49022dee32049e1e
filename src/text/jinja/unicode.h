#pragma once
// Python's str over UTF-8 bytes: characters are code points. A byte that is not UTF-8 is one character.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace selfreward::jinja {

size_t count_characters(std::string_view text);
/// The characters as pieces of `text`.
std::vector<std::string_view> characters(std::string_view text);
/// The first character of a text that is not empty; its code point, U+FFFD of a byte that is not UTF-8.
std::string_view first_character(std::string_view text);
char32_t code_point(std::string_view character);

/// str.isspace of one code point.
bool is_space(char32_t code);
/// text.find(part) in linear time, whatever the texts.
size_t find_text(std::string_view text, std::string_view part);
/// Bytes of white space at the start of `text`.
size_t leading_space(std::string_view text);

/// str.strip, lstrip, rstrip: without `chars` white space is stripped.
enum class Side { left, right, both };
std::string_view strip_text(std::string_view text, Side side, const std::optional<std::string>& chars = {});

/// str.upper and str.lower. A character whose case form depends on its neighbours or is longer than one
/// character ("ß", "Σ") is an Error.
std::string to_upper(std::string_view text);
std::string to_lower(std::string_view text);

/// The characters that str.splitlines takes for line ends: length in bytes of one at the start, or 0.
size_t line_end(std::string_view text);

}  // namespace selfreward::jinja
