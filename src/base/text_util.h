#pragma once
// Small helpers on byte strings.
#include <string>
#include <string_view>
#include <vector>

namespace selfreward {

/// `text` without ASCII white space at both ends.
std::string strip(std::string_view text);

/// `text` with the letters A to Z made small; others stay.
std::string ascii_lower(std::string text);

/// The pieces between white space.
std::vector<std::string> split_words(std::string_view text);

/// `text` with every `from` replaced by `to`.
std::string replace_all(std::string text, std::string_view from, std::string_view to);

/// The parts with `separator` between them, `last_separator` before the last one.
std::string joined(const std::vector<std::string>& parts, std::string_view separator,
                   std::string_view last_separator);
inline std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  return joined(parts, separator, separator);
}

/// The element of `choices` with the smallest edit distance to `word`; empty if none is near (distance
/// above a third of the longer word). For "unknown key X; did you mean Y?".
std::string nearest(std::string_view word, const std::vector<std::string>& choices);

}  // namespace selfreward
