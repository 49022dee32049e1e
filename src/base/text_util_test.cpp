#include "base/text_util.h"

#include <doctest/doctest.h>

using namespace selfreward;

TEST_CASE("strip and split_words ignore white space at the ends") {
  CHECK(strip(" \n a b\t") == "a b");
  CHECK(strip(" \n ") == "");
  CHECK(split_words("  a  b\nc ") == std::vector<std::string>{"a", "b", "c"});
  CHECK(split_words("").empty());
}

TEST_CASE("nearest finds a typo and leaves strangers alone") {
  CHECK(nearest("lerning_rate", {"learning_rate", "beta"}) == "learning_rate");
  CHECK(nearest("temperature", {"beta", "steps"}) == "");
}

TEST_CASE("replace_all does not replace inside what it inserted") {
  CHECK(replace_all("aa", "a", "aa") == "aaaa");
}
