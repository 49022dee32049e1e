#include "data/verdict_rows.h"

#include <doctest/doctest.h>

#include "support/scratch.h"

using namespace selfreward;

namespace {

fs::path file_of(const std::string& text) {
  const fs::path path = scratch("v.jsonl");
  write_file_atomically(path, text);
  return path;
}

}  // namespace

TEST_CASE("verdicts are read from lines and from an array; what may be missing may be null") {
  const std::string
      a = R"({"id":"x","prompt":"P","answer":"A","requirement":" Be short. ","evidence":"e","met":true})",
      b = R"({"answer":"","requirement":"Be long.","evidence":null,"met":false,"kind":null})";
  for (const std::string& text : {a + "\n" + b + "\n", "[" + a + "," + b + "]"}) {
    const auto rows = read_verdicts(file_of(text));
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].id == "x");
    CHECK(rows[0].requirement == "Be short.");
    CHECK(rows[0].met);
    CHECK(rows[1].id == "v-2");
    CHECK(rows[1].evidence.empty());
    CHECK(!rows[1].met);
  }
}

TEST_CASE("a row that is none is an error with its place") {
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {R"({"answer":"A","requirement":"R","met":1})", "v.jsonl, line 1: \"met\" is 1, wanted true or false"},
      {R"({"answer":"A","requirement":"R"})", "\"met\" is missing"},
      {R"({"answer":"A","requirement":"  ","met":true})", "v.jsonl, line 1"},
      {R"({"requirement":"R","met":true})", "answer"},
      {R"({"id":"a","messages":[],"source":"eft"})", "set eft.source to file"},
      {"", "has no rows"}};
  for (const auto& [text, message] : wrong)
    CHECK_THROWS_WITH_AS(read_verdicts(file_of(text)), doctest::Contains(message.c_str()), Error);
}
