#include "base/format.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdio>
#include <limits>

using namespace selfreward;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
const double kNumbers[] = {0,     -0.0,      0.5,       1.5,        2.5,         0.125,    0.375,     1.005,
                           -0.04, 99.95,     123456,    1e5,        1e6,         999999.5, 1234567.0, 1e15,
                           1e16,  1e22,      1e-4,      1e-5,       0.1,         1.0 / 3,  -2.0 / 3,  5e-324,
                           1e300, -1.79e308, kInfinity, -kInfinity, std::nan("")};

std::string printed(const char* format, int digits, double value) {
  char text[512];
  std::snprintf(text, sizeof text, format, digits, value);
  return text;
}

}  // namespace

TEST_CASE("numbers are written as printf writes them") {
  for (const double value : kNumbers)
    for (const int digits : {0, 1, 2, 3, 4, 5, 6, 15, 17}) {
      CHECK(fixed(value, digits) == printed("%.*f", digits, value));
      CHECK(significant(value, digits) == printed("%.*g", digits, value));
    }
}

TEST_CASE("a rounded number keeps its sign and its zeros") {
  CHECK(fixed(-0.04, 1) == "-0.0");
  CHECK(fixed(2.5, 0) == "2");
  CHECK(significant(4, 6) == "4");
  CHECK(significant(0.00012345678, 4) == "0.0001235");
  CHECK(significant(1234567, 6) == "1.23457e+06");
}

TEST_CASE("a value that is missing has a text of its own") {
  CHECK(fixed_or(std::nullopt, 2, "-") == "-");
  CHECK(fixed_or(1.0, 2, "-") == "1.00");
}

TEST_CASE("leading zeros fill up and never cut") {
  CHECK(hex16(0) == "0000000000000000");
  CHECK(hex16(0xcbf29ce484222325) == "cbf29ce484222325");
  CHECK(hex(0xe9, 4) == "00e9");
  CHECK(hex(0x1f600, 4) == "1f600");
  CHECK(zero_padded(7, 5) == "00007");
  CHECK(zero_padded(123456, 5) == "123456");
}

TEST_CASE("columns count bytes and never cut") {
  CHECK(pad_left("ab", 4) == "  ab");
  CHECK(pad_right("ab", 4) == "ab  ");
  CHECK(pad_left("abcde", 4) == "abcde");
  CHECK(pad_right("abcde", 4) == "abcde");
  CHECK(pad_right("é", 4) == "é  ");
  CHECK(pad_left(int64_t{-12}, 5) == "  -12");
}
