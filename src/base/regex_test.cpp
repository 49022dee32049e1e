#include "base/regex.h"

#include <doctest/doctest.h>

#include "base/error.h"

using namespace selfreward;

TEST_CASE("groups are byte offsets; a group that took no part is empty") {
  const std::string text = "é Score: 4";
  const auto match = Regex(R"(Score: (\d)(\.\d)?)").search(text);
  REQUIRE(match);
  CHECK((*match)[1].in(text) == "4");
  CHECK((*match)[2].begin == std::string_view::npos);
}

TEST_CASE("look-ahead and Unicode classes work") {
  CHECK(Regex(R"(\s+(?!\S))").matches("a  "));
  CHECK(Regex(R"(^\p{L}+$)").matches("ខ្មែរ") == false);  // Khmer vowel signs are marks, not letters
  CHECK(Regex(R"(^[\p{L}\p{M}]+$)").matches("ខ្មែរ"));
}

TEST_CASE("find_all steps over empty matches and whole characters") {
  CHECK(Regex("x*").find_all("éa").size() == 3);
  CHECK(Regex("x*").find_wholes("éa").size() == 3);
  CHECK(Regex("b(.)").find_wholes("abcbd").at(1).begin == 3);
  CHECK(Regex("b").find_wholes("b\xff").empty());
  CHECK(Regex("a").find_all("banana").size() == 3);
}

TEST_CASE("a pattern that steps over a long text character by character finds its match") {
  const std::string text = std::string(100'000, 'x') + "\nScore: 4";
  const auto match = Regex(R"((?:.|\n)*Score: (\d))").search(text);
  REQUIRE(match);
  CHECK((*match)[1].in(text) == "4");
  CHECK(Regex(R"((?:.|\n)*Score: (\d))").find_all(text).size() == 1);
}

TEST_CASE("a pattern that tries too many ways is an error that shows it") {
  CHECK_THROWS_WITH_AS(Regex("(a+)+b").matches(std::string(60, 'a') + "cb"),
                       doctest::Contains("[regex] '(a+)+b' cannot be matched on a text of 62 bytes"),
                       RegexLimit);
}

TEST_CASE("a wrong pattern is an error that shows it") {
  CHECK_THROWS_AS(Regex("(a"), Error);
}

TEST_CASE("text that is not UTF-8 matches nothing") {
  CHECK(!Regex("a").matches("\xff a"));
}
