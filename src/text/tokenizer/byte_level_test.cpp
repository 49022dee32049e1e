#include "text/tokenizer/byte_level.h"

#include <doctest/doctest.h>

using namespace selfreward;

TEST_CASE("every byte has its own visible character, those of GPT-2's encoder.py") {
  std::string bytes;
  for (int b = 0; b < 256; ++b) bytes += static_cast<char>(b);
  CHECK(from_byte_level(to_byte_level(bytes)) == bytes);
  CHECK(to_byte_level(" \n\t\xc3\xa9~\x7f\xad") == "ĠĊĉÃ©~ġŃ");
  CHECK(!from_byte_level("a b").has_value());
  CHECK(!from_byte_level("日").has_value());
}
