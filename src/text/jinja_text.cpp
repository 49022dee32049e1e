#include "text/jinja_text.h"

#include <algorithm>

#include "text/jinja_unicode.h"
#include "text/jinja_value.h"

namespace selfreward::jinja {

namespace {

std::string reversed(std::string_view text) {
  return {text.rbegin(), text.rend()};
}

}  // namespace

std::string replace_text(const std::string& text, const std::string& from, const std::string& to,
                         int64_t count) {
  std::string out;
  std::string_view rest = text;
  for (; count != 0; --count) {
    const size_t at = find_text(rest, from);
    if (at == std::string_view::npos) break;
    append(out, rest.substr(0, at));
    append(out, to);
    rest.remove_prefix(at + from.size());
    if (!from.empty()) continue;
    if (rest.empty()) return out;  // an empty `from` matches before each character and at the end
    append(out, first_character(rest));
    rest.remove_prefix(first_character(rest).size());
  }
  append(out, rest);
  return out;
}

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  size_t begin = 0;
  for (size_t i = 0; i < text.size();) {
    const size_t end_size = line_end(text.substr(i));
    if (end_size > 0) {
      lines.push_back(text.substr(begin, i - begin));
      begin = i + end_size;
    }
    i += end_size > 0 ? end_size : first_character(text.substr(i)).size();
  }
  if (begin < text.size()) lines.push_back(text.substr(begin));
  return lines;
}

std::string capitalize_text(std::string_view text) {
  if (text.empty()) return "";
  const size_t first = first_character(text).size();
  return to_upper(text.substr(0, first)) + to_lower(text.substr(first));
}

std::string join_texts(const std::string& separator, const std::vector<std::string>& pieces) {
  std::string out;
  for (size_t i = 0; i < pieces.size(); ++i) {
    if (i > 0) append(out, separator);
    append(out, pieces[i]);
  }
  return out;
}

std::vector<std::string_view> split_at(std::string_view text, std::string_view separator, int64_t limit) {
  std::vector<std::string_view> pieces;
  for (; limit != 0; --limit) {
    const size_t at = find_text(text, separator);
    if (at == std::string_view::npos) break;
    pieces.push_back(text.substr(0, at));
    text.remove_prefix(at + separator.size());
  }
  pieces.push_back(text);
  return pieces;
}

std::vector<std::string> split_at_end(std::string_view text, std::string_view separator, int64_t limit) {
  const std::string backward = reversed(text), mark = reversed(separator);
  std::vector<std::string> pieces;
  for (const std::string_view piece : split_at(backward, mark, limit)) pieces.push_back(reversed(piece));
  std::reverse(pieces.begin(), pieces.end());
  return pieces;
}

size_t find_last(std::string_view text, std::string_view part) {
  const std::string backward = reversed(text), mark = reversed(part);
  const size_t at = find_text(backward, mark);
  return at == std::string_view::npos ? at : text.size() - at - part.size();
}

std::vector<std::string_view> split_at_space(std::string_view text, int64_t limit) {
  std::vector<std::string_view> words;
  text = strip_text(text, Side::left);
  for (; !text.empty() && limit != 0; --limit) {
    size_t size = 0;
    while (size < text.size() && leading_space(text.substr(size)) == 0)
      size += first_character(text.substr(size)).size();
    words.push_back(text.substr(0, size));
    text = strip_text(text.substr(size), Side::left);
  }
  if (!text.empty()) words.push_back(text);
  return words;
}

std::string title_text(const std::string& text) {
  std::string out;
  bool in_word = false;
  for (const std::string_view c : characters(text)) {
    const std::string lower = to_lower(c), upper = to_upper(c);
    out += in_word ? lower : upper;
    in_word = lower != upper;
  }
  return out;
}

}  // namespace selfreward::jinja
