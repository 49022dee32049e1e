#include "base/json_integers.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>

#include "base/error.h"

namespace selfreward {
namespace {

/// Byte behind the string that begins at `at`.
size_t string_end(std::string_view json, size_t at) {
  for (++at; at < json.size() && json[at] != '"'; ++at) at += json[at] == '\\';
  return at + 1;
}

bool fits_64_bits(std::string_view digits) {
  int64_t with_sign = 0;
  uint64_t without_sign = 0;
  const char *begin = digits.data(), *end = begin + digits.size();
  return std::from_chars(begin, end, with_sign).ec == std::errc() ||
         std::from_chars(begin, end, without_sign).ec == std::errc();
}

}  // namespace

std::optional<std::string> integer_beyond_64_bits(std::string_view json) {
  constexpr size_t kAlwaysFits = 18;  // characters
  for (size_t at = 0; at < json.size();) {
    if (json[at] == '"') {
      at = string_end(json, at);
      continue;
    }
    const size_t end = std::min(json.find_first_not_of("+-.0123456789eE", at), json.size());
    const std::string_view number = json.substr(at, end - at);
    const bool integer = number.find_first_of(".eE") == std::string_view::npos;
    if (integer && number.size() > kAlwaysFits && !fits_64_bits(number)) return std::string(number);
    at = std::max(end, at + 1);
  }
  return std::nullopt;
}

void check_json_integers(std::string_view json, const std::string& where) {
  if (const auto integer = integer_beyond_64_bits(json))
    fail("[json] ", where, ": the integer ", *integer,
         " is beyond 64 bits and would become another number; write it as a text");
}

int64_t whole_number_at(const Json& json, const char* key, const std::string& where) {
  const Json& number = json.at(key);
  check(number.is_number_integer() && number >= 0 && number <= std::numeric_limits<int64_t>::max(), where,
        key, " is ", number.is_structured() ? number.type_name() : number.dump(),
        ", wanted a whole number of 0 or more");
  return number.get<int64_t>();
}

}  // namespace selfreward
