#include "text/unicode/utf8.h"

#include <doctest/doctest.h>

#include "base/json.h"

using namespace selfreward;

namespace {
std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}
}  // namespace

TEST_CASE("invalid bytes are replaced as Python's errors=\"replace\" does") {
  // tests/golden/make_tokenizer_golden.py
  const Json golden = read_json(fs::path(SELFREWARD_SOURCE_DIR) / "tests/fixtures/tokenizer/golden.json");
  for (const Json& row : golden["invalid"]) {
    const std::string bytes = from_hex(row[0]);
    CAPTURE(row[0]);
    CHECK(repair_utf8(bytes) == row[1].get<std::string>());
    CHECK(is_valid_utf8(bytes) == (repair_utf8(bytes) == bytes));
  }
}

TEST_CASE("every code point survives encoding and decoding") {
  for (char32_t code = 0; code <= 0x10FFFF; ++code) {
    if (code >= 0xD800 && code < 0xE000) continue;
    const std::string bytes = encode_utf8(code);
    if (!is_valid_utf8(bytes) || code_point(bytes, 0) != code ||
        previous_character(bytes, bytes.size()) != 0) {
      CAPTURE(static_cast<uint32_t>(code));
      FAIL_CHECK("the code point changed");
    }
  }
}
