#pragma once
// The patterns of tokenizer.json: a literal string, or a regular expression in the dialect of Oniguruma
// (which the `tokenizers` package uses), rewritten for PCRE2 where the two read it differently.
#include <string>
#include <string_view>
#include <vector>

#include "base/regex.h"
#include "text/tokenizer/json.h"

namespace selfreward {

/// An Oniguruma pattern (its Ruby syntax). A construct that PCRE2 would read differently is an error.
Regex oniguruma_regex(const std::string& pattern);

/// The value of a "pattern" key: {"String": "a"} or {"Regex": "a+"}.
Regex read_pattern(const JsonPart& pattern);

/// A stretch of a text that is a match of a pattern, or lies between two of them.
struct Span {
  size_t begin = 0, end = 0;  // bytes
  bool is_match = false;
};
/// The spans of `text`, gapless from its begin to its end; a match may be empty.
std::vector<Span> find_spans(const Regex& regex, std::string_view text);

/// `text` with every match replaced by `content`, which is taken literally.
std::string replace_matches(const Regex& regex, std::string_view text, const std::string& content);

}  // namespace selfreward
