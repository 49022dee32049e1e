#pragma once
// Functions of Python's str that methods and filters share.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace selfreward::jinja {

/// str.replace; a negative count replaces all.
std::string replace_text(const std::string& text, const std::string& from, const std::string& to,
                         int64_t count);
/// str.splitlines, str.split and str.rsplit; a negative limit splits everywhere.
std::vector<std::string_view> split_lines(std::string_view text);
std::vector<std::string_view> split_at(std::string_view text, std::string_view separator, int64_t limit);
std::vector<std::string_view> split_at_space(std::string_view text, int64_t limit);
std::vector<std::string> split_at_end(std::string_view text, std::string_view separator, int64_t limit);
/// text.rfind(part) in linear time.
size_t find_last(std::string_view text, std::string_view part);
std::string join_texts(const std::string& separator, const std::vector<std::string>& pieces);
std::string capitalize_text(std::string_view text);
/// str.title: a letter after a character that is not one starts a word.
std::string title_text(const std::string& text);

}  // namespace selfreward::jinja
