#include "feedback/given_prompts.h"

#include <doctest/doctest.h>

#include "data/jsonl.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {
fs::path file_of(const std::vector<Prompt>& prompts) {
  const fs::path path = scratch("prompts.jsonl");
  write_jsonl(path, prompts);
  return path;
}
}  // namespace

TEST_CASE("each round takes the next prompts of the file") {
  const fs::path path = file_of({{"a", "one", ""}, {"b", "two", ""}, {"c", "three", ""}, {"d", "four", ""}});
  const auto first = given_prompts(path, 2, 1), second = given_prompts(path, 2, 2);
  CHECK(first.size() == 2);
  CHECK(first[1].id == "b");
  CHECK(second[0].id == "c");
  CHECK(second[1].text == "four");
}

TEST_CASE("too few prompts and equal ids are errors") {
  const fs::path path = file_of({{"a", "one", ""}, {"b", "two", ""}, {"c", "three", ""}});
  CHECK_THROWS_WITH_AS(given_prompts(path, 2, 2), doctest::Contains("has 3 prompts, but 2 rounds"), Error);
  CHECK_THROWS_WITH_AS(given_prompts(path, INT64_MAX, 1), doctest::Contains("has 3 prompts"), Error);
  CHECK_THROWS_WITH_AS(given_prompts(file_of({{"a", "one", ""}, {"a", "two", ""}}), 1, 1),
                       doctest::Contains("two rows have the id 'a'"), Error);
}
