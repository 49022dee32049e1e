#include "base/format.h"

#include <array>
#include <charconv>

namespace selfreward {
namespace {

/// What to_chars writes with `arguments`: as printf, whatever the locale.
template <typename... Arguments>
std::string written(const Arguments&... arguments) {
  std::array<char, 512> digits;  // the largest double has 309 digits before its point
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), arguments...);
  return std::string(digits.data(), result.ptr);
}

std::string filled_up(const std::string& number, size_t digits) {
  return std::string(digits > number.size() ? digits - number.size() : 0, '0') + number;
}

}  // namespace

std::string fixed(double value, int decimals) {
  return written(value, std::chars_format::fixed, decimals);
}

std::string fixed_or(const std::optional<double>& value, int decimals, std::string_view missing) {
  return value ? fixed(*value, decimals) : std::string(missing);
}

std::string significant(double value, int digits) {
  return written(value, std::chars_format::general, digits);
}

std::string hex(uint64_t value, size_t digits) {
  return filled_up(written(value, 16), digits);
}

std::string hex16(uint64_t value) {
  return hex(value, 16);
}

std::string zero_padded(uint64_t value, size_t digits) {
  return filled_up(std::to_string(value), digits);
}

std::string pad_left(std::string_view text, size_t width) {
  return std::string(width > text.size() ? width - text.size() : 0, ' ').append(text);
}

std::string pad_right(std::string_view text, size_t width) {
  return std::string(text).append(width > text.size() ? width - text.size() : 0, ' ');
}

std::string pad_left(int64_t number, size_t width) {
  return pad_left(std::to_string(number), width);
}

}  // namespace selfreward
