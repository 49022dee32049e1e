#pragma once
// Regular expressions of PCRE2 (look-ahead, \p{..}, UTF-8), compiled once and matched with the JIT.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace selfreward {

/// A match that was given up: the pattern backtracks too much on this text.
class RegexLimit : public Error {
 public:
  using Error::Error;
};

/// A pattern that matches `text` as it is.
std::string literal_pattern(const std::string& text);

class Regex {
 public:
  /// Throws Error with the pattern, the position and PCRE2's reason.
  explicit Regex(const std::string& pattern, bool ignore_case = false);

  /// The groups of a match: [0] the whole, then the captures; byte offsets into the text. A group that
  /// took no part has begin == npos.
  struct Group {
    size_t begin = std::string_view::npos, end = std::string_view::npos;
    std::string_view in(std::string_view text) const {
      return begin == std::string_view::npos ? std::string_view() : text.substr(begin, end - begin);
    }
  };
  using Match = std::vector<Group>;

  /// The first match at or after byte `from`. Text that is not valid UTF-8 matches nothing. Here and below a
  /// pattern that backtracks without end is an error, RegexLimit, that shows the pattern.
  std::optional<Match> search(std::string_view text, size_t from = 0) const;
  bool matches(std::string_view text) const { return search(text).has_value(); }
  /// Every match, left to right, not overlapping.
  std::vector<Match> find_all(std::string_view text) const;
  /// As find_all, but of each match only the whole: no memory is asked for by match.
  std::vector<Group> find_wholes(std::string_view text) const;

 private:
  struct Code;
  std::shared_ptr<const Code> code_;
};

}  // namespace selfreward
