#include "text/jinja/text.h"

#include <algorithm>

#include "text/jinja/unicode.h"
#include "text/jinja/value.h"

namespace selfreward::jinja {

namespace {

std::string reversed(std::string_view text) {
  return {text.rbegin(), text.rend()};
}

}  // namespace

MarkedText replace_text(const MarkedText& text, const std::string& from, const MarkedText& to,
                        int64_t count) {
  MarkedText out;
  std::string_view rest = text.text;
  for (; count != 0; --count) {
    const size_t at = find_text(rest, from);
    if (at == std::string_view::npos) break;
    append(out, piece_of(text, rest.substr(0, at)));
    append(out, to);
    rest.remove_prefix(at + from.size());
    if (!from.empty()) continue;
    if (rest.empty()) return out;  // an empty `from` matches before each character and at the end
    append(out, piece_of(text, first_character(rest)));
    rest.remove_prefix(first_character(rest).size());
  }
  append(out, piece_of(text, rest));
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

MarkedText join_texts(const MarkedText& separator, const std::vector<MarkedText>& pieces) {
  MarkedText out;
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

std::vector<std::string_view> split_at_end(std::string_view text, std::string_view separator, int64_t limit) {
  const std::string backward = reversed(text), mark = reversed(separator);
  std::vector<std::string_view> pieces;
  size_t end = text.size();
  for (const std::string_view piece : split_at(backward, mark, limit)) {
    pieces.push_back(text.substr(end - piece.size(), piece.size()));
    end -= std::min(end, piece.size() + separator.size());
  }
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

namespace {

/// What stands for the field "{name}" of str.format; `next` counts the fields without a name.
const MarkedText& format_argument(std::string_view field, size_t& next,
                                  const std::vector<MarkedText>& positional,
                                  const std::vector<std::pair<std::string, MarkedText>>& named) {
  check(field.find_first_of("!:.[{") == std::string_view::npos, "str.format: the field {", field,
        "} is not supported");
  for (const auto& [name, value] : named) {
    if (name == field) return value;
  }
  const bool digits = field.find_first_not_of("0123456789") == std::string_view::npos && field.size() < 10;
  check(digits, "str.format: there is no argument '", field, "'");
  const size_t index = field.empty() ? next++ : std::stoul(std::string(field));
  check(index < positional.size(), "Replacement index ", index, " out of range for positional args tuple");
  return positional[index];
}

}  // namespace

MarkedText format_text(const MarkedText& pattern, const std::vector<MarkedText>& positional,
                       const std::vector<std::pair<std::string, MarkedText>>& named) {
  MarkedText out;
  size_t next = 0;
  for (std::string_view rest = pattern.text; !rest.empty();) {
    const size_t at = std::min(rest.find_first_of("{}"), rest.size());
    const bool doubled = at + 1 < rest.size() && rest[at] == rest[at + 1];
    append(out, piece_of(pattern, rest.substr(0, doubled ? at + 1 : at)));
    rest.remove_prefix(std::min(at + (doubled ? 2 : 0), rest.size()));
    if (doubled || rest.empty()) continue;
    const size_t close = rest.find('}');
    check(rest[0] == '{' && close != std::string_view::npos,
          "str.format: a single '{' or '}' in the format string");
    append(out, format_argument(rest.substr(1, close - 1), next, positional, named));
    rest.remove_prefix(close + 1);
  }
  return out;
}

MarkedText escape_text(MarkedText text) {
  for (const auto& [from, to] : {std::pair("&", "&amp;"), std::pair(">", "&gt;"), std::pair("<", "&lt;"),
                                 std::pair("'", "&#39;"), std::pair("\"", "&#34;")}) {
    text = replace_text(text, from, {to, {}}, -1);
  }
  return text;
}

MarkedText change_case(const MarkedText& text, std::string (*change)(std::string_view)) {
  MarkedText out;
  for_each_run(text, [&](std::string_view run, bool is_data) {
    std::string changed = change(run);
    append(out, is_data ? data_text(std::move(changed)) : MarkedText{std::move(changed), {}});
  });
  return out;
}

}  // namespace selfreward::jinja
