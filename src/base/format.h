#pragma once
// Numbers as text and columns of tables, to the byte as printf writes them:
//   pad_right(name, 16) + pad_left(fixed(rate, 2), 8)      // "%-16s%8.2f"
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace selfreward {

/// `value` with that many decimals, as "%.2f"; ties of the exact binary value go to the even digit.
std::string fixed(double value, int decimals);
/// The same, or `missing` where there is no value.
std::string fixed_or(const std::optional<double>& value, int decimals, std::string_view missing);
/// `value` with at most that many significant digits, in the shorter of two notations, as "%.4g".
std::string significant(double value, int digits);

/// `value` in lower-case hexadecimal with leading zeros, as "%04x"; a longer one is not cut.
std::string hex(uint64_t value, size_t digits);
/// All 64 bits of a hash: 16 digits.
std::string hex16(uint64_t value);
/// `value` in decimal with leading zeros, as "%05zu"; a longer one is not cut.
std::string zero_padded(uint64_t value, size_t digits);

/// `text` at the right or left of a column of `width` bytes, as "%8s" and "%-8s"; a longer one is not cut.
std::string pad_left(std::string_view text, size_t width);
std::string pad_right(std::string_view text, size_t width);
/// A whole number at the right of a column, as "%8lld".
std::string pad_left(int64_t number, size_t width);

}  // namespace selfreward
