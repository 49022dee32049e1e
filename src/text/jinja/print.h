#pragma once
// Values as text: Python's str() and repr(), and json.dumps().
#include <string>

#include "text/jinja/value.h"

namespace selfreward::jinja {

/// What {{ value }} prints: str(value).
MarkedText to_text(const Value& value);
MarkedText repr(const Value& value);
/// repr of a float: the shortest digits that give the same number back.
std::string float_repr(double number);

/// The arguments of transformers' tojson filter.
struct JsonStyle {
  bool ensure_ascii = false;
  std::optional<std::string> indent;  // one level of it; nothing: all on one line
  std::string item_separator = ", ";
  std::string key_separator = ": ";
  bool sort_keys = false;
};
MarkedText to_json_text(const Value& value, const JsonStyle& style);

}  // namespace selfreward::jinja
