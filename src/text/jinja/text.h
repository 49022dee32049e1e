#pragma once
// Functions of Python's str that methods and filters share.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/unicode/marked_text.h"

namespace selfreward::jinja {

/// str.replace; a negative count replaces all.
MarkedText replace_text(const MarkedText& text, const std::string& from, const MarkedText& to, int64_t count);
/// str.splitlines, str.split and str.rsplit; a negative limit splits everywhere.
std::vector<std::string_view> split_lines(std::string_view text);
std::vector<std::string_view> split_at(std::string_view text, std::string_view separator, int64_t limit);
std::vector<std::string_view> split_at_space(std::string_view text, int64_t limit);
std::vector<std::string_view> split_at_end(std::string_view text, std::string_view separator, int64_t limit);
/// text.rfind(part) in linear time.
size_t find_last(std::string_view text, std::string_view part);
MarkedText join_texts(const MarkedText& separator, const std::vector<MarkedText>& pieces);
/// str.format with {}, {0} and {name}; a format or an attribute inside the braces is an Error.
MarkedText format_text(const MarkedText& pattern, const std::vector<MarkedText>& positional,
                       const std::vector<std::pair<std::string, MarkedText>>& named);
/// The characters of HTML as entities, as the filter escape writes them.
MarkedText escape_text(MarkedText text);
/// str.upper, str.lower: `change` of each run, with its marks.
MarkedText change_case(const MarkedText& text, std::string (*change)(std::string_view));
std::string capitalize_text(std::string_view text);
/// str.title: a letter after a character that is not one starts a word.
std::string title_text(const std::string& text);

}  // namespace selfreward::jinja
