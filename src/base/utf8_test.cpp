#include "base/utf8.h"

#include <doctest/doctest.h>

using namespace selfreward;

TEST_CASE("characters are counted as by Python's len, which is how alpaca_eval measures length") {
  CHECK(count_characters("") == 0);
  CHECK(count_characters("a雨é") == 3);
  CHECK(count_characters("\xF0\x9F\x98\x80") == 1);
}

TEST_CASE("a cut lies between two characters") {
  const std::string_view text = "a雨é";  // bytes 0, 1 - 3, 4 - 5
  CHECK(character_begin(text, 0) == 0);
  CHECK(character_begin(text, 1) == 1);
  CHECK(character_begin(text, 3) == 1);
  CHECK(character_begin(text, 5) == 4);
  CHECK(character_begin(text, 6) == 6);
  CHECK(next_character(text, 1) == 1);
  CHECK(next_character(text, 2) == 4);
  CHECK(next_character(text, 5) == 6);
  CHECK(next_character(text, 6) == 6);
}

TEST_CASE("bytes that are no text end where the text ends") {
  CHECK(character_begin("\x80\x80", 1) == 0);
  CHECK(next_character("\x80\x80", 0) == 2);
}
