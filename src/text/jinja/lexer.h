#pragma once
// Template source -> tokens, with transformers' white space rules: trim_blocks, lstrip_blocks, and the last
// newline of the source dropped.
#include <string>
#include <string_view>
#include <vector>

namespace selfreward::jinja {

enum class TokenKind {
  text,
  block_begin,
  block_end,
  print_begin,
  print_end,
  name,
  string,
  integer,
  number,
  op,
  end
};

struct Token {
  TokenKind kind;
  std::string text;  // the name, operator, digits, or the value of the string
  int line;          // from 1
};

/// The last token is `end`. Throws Error with the line.
std::vector<Token> tokenize(const std::string& source);

/// The value of a string literal at `line`: Python's escapes; an unknown one stays as it is.
std::string unescape(int line, std::string_view text);

/// "line 3: ...": the form of every error inside a template.
[[noreturn]] void fail_at(int line, const std::string& message);

}  // namespace selfreward::jinja
