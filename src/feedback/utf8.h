#pragma once
#include "base/json.h"

namespace selfreward {

/// `text` with bytes that are not UTF-8 (a character cut off by a length limit) replaced by U+FFFD, because a
/// Regex finds nothing in broken text.
inline std::string valid_utf8(const std::string& text) {
  return parse_json(to_line(Json(text)), "a string").get<std::string>();
}

}  // namespace selfreward
