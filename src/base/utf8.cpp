#include "base/utf8.h"

#include <algorithm>

namespace selfreward {

int64_t count_characters(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char byte) { return !is_continuation_byte(byte); });
}

size_t character_begin(std::string_view text, size_t at) {
  while (at > 0 && at < text.size() && is_continuation_byte(text[at])) --at;
  return at;
}

size_t next_character(std::string_view text, size_t at) {
  while (at < text.size() && is_continuation_byte(text[at])) ++at;
  return at;
}

}  // namespace selfreward
