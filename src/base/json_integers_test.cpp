#include "base/json_integers.h"

#include <doctest/doctest.h>

#include "base/error.h"

using namespace selfreward;

TEST_CASE("integers that 64 bits hold, floats and texts are let pass") {
  for (const char* json :
       {"18446744073709551615", "[-9223372036854775808, 9223372036854775808]", "1e400", "[]", "",
        "100000000000000000000.0", "1E+30", R"({"100000000000000000000": "100000000000000000000"})",
        R"(["\"100000000000000000000", "\\", true])"}) {
    CAPTURE(json);
    CHECK(!integer_beyond_64_bits(json));
  }
}

TEST_CASE("the first integer beyond them is found") {
  CHECK(integer_beyond_64_bits("18446744073709551616") == "18446744073709551616");
  CHECK(integer_beyond_64_bits(R"({"a\\": [1, -9223372036854775809, 1e5]})") == "-9223372036854775809");
  CHECK_THROWS_WITH_AS(
      check_json_integers("[100000000000000000000]", "data.jsonl, line 3"),
      "[json] data.jsonl, line 3: the integer 100000000000000000000 is beyond 64 bits and would become "
      "another number; write it as a text",
      Error);
}
