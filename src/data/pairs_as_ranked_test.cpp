#include "data/pairs_as_ranked.h"

#include <doctest/doctest.h>

#include "support/scratch.h"

using namespace selfreward;

namespace {

fs::path file_with(const std::string& text) {
  const fs::path path = scratch("pairs_as_ranked.jsonl");
  write_file_atomically(path, text);
  return path;
}

}  // namespace

TEST_CASE("a preference pair is two ranked answers, and pairs of one prompt stay apart") {
  const auto read = read_ranked_or_pairs(
      file_with("{\"prompt_id\":\"p\",\"prompt\":\"why\",\"chosen\":\"good\",\"rejected\":\"bad\"}\n"
                "{\"prompt_id\":\"p\",\"prompt\":\"why\",\"chosen\":\"fine\",\"rejected\":\"poor\"}\n"));
  REQUIRE(read.records.size() == 2);
  CHECK(read.records[0].id == "p");
  CHECK(read.records[1].id == "p#2");
  CHECK(read.records[1].prompt == "why");
  CHECK(read.records[1].answers == std::vector<std::string>{"fine", "poor"});
  CHECK(read.records[1].ranks == std::vector<double>{0, 1});
}

TEST_CASE("a pair whose prompt is a conversation is left out and counted") {
  PreferencePair pair{"p", {{"user", "hi"}, {"assistant", "hello"}, {"user", "why"}}, "a", "b", {}, {}, {},
                      {}};
  const auto result = pairs_as_ranked({pair});
  CHECK(result.records.empty());
  CHECK(result.dropped.at("prompt_is_not_one_user_message") == 1);
}

TEST_CASE("ranked rows are read as ever") {
  const auto read = read_ranked_or_pairs(
      file_with("{\"prompt\":\"why\",\"answers\":[\"a\",\"b\",\"c\"],\"ranks\":[1,0,2]}\n"));
  REQUIRE(read.records.size() == 1);
  CHECK(read.records[0].ranks == std::vector<double>{1, 0, 2});
}
