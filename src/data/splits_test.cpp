#include "data/splits.h"

#include <doctest/doctest.h>

#include <set>

using namespace selfreward;

namespace {

std::vector<Prompt> prompts(int first, int last) {
  std::vector<Prompt> all;
  for (int i = first; i < last; ++i) all.push_back({str("p", i), "text", "seed"});
  return all;
}

std::set<std::string> ids(const std::vector<Prompt>& records) {
  std::set<std::string> all;
  for (const Prompt& record : records) all.insert(record.id);
  return all;
}

}  // namespace

TEST_CASE("a split loses nothing and holds out about its share") {
  const auto split = split_held_out(prompts(0, 4000), 0.1, Seed(1));
  CHECK(split.train.size() + split.held_out.size() == 4000);
  // Binomial(4000, 0.1): standard deviation 19; 76 is four of them.
  CHECK(std::abs(static_cast<int>(split.held_out.size()) - 400) < 76);
  CHECK(split_held_out(prompts(0, 50), 0, Seed(1)).held_out.empty());
}

TEST_CASE("new rows do not move the others, and another seed does") {
  const auto few = ids(split_held_out(prompts(100, 300), 0.3, Seed(1)).held_out);
  const auto many = ids(split_held_out(prompts(0, 500), 0.3, Seed(1)).held_out);
  for (const Prompt& prompt : prompts(100, 300)) CHECK(few.contains(prompt.id) == many.contains(prompt.id));
  CHECK(few != ids(split_held_out(prompts(100, 300), 0.3, Seed(2)).held_out));
}

TEST_CASE("a larger share keeps what was held out") {
  const auto small = ids(split_held_out(prompts(0, 300), 0.1, Seed(1)).held_out);
  const auto large = ids(split_held_out(prompts(0, 300), 0.2, Seed(1)).held_out);
  for (const std::string& id : small) CHECK(large.contains(id));
}

TEST_CASE("records of one prompt fall on one side, whatever they hold") {
  std::vector<RankedAnswers> groups;
  for (const Prompt& prompt : prompts(0, 200)) groups.push_back({prompt.id, prompt.text, {"a", "b"}, {0, 1}});
  const auto held_out = ids(split_held_out(prompts(0, 200), 0.5, Seed(4)).held_out);
  for (const RankedAnswers& group : split_held_out(groups, 0.5, Seed(4)).held_out)
    CHECK(held_out.contains(group.id));
}

TEST_CASE("a share outside [0, 1) is an error") {
  CHECK_THROWS_AS(split_held_out(prompts(0, 1), 1.0, Seed(1)), Error);
  CHECK_THROWS_AS(split_held_out(prompts(0, 1), -0.1, Seed(1)), Error);
}

TEST_CASE("a ranked group whose prompt is used in IFT is removed and counted") {
  const std::vector<RankedAnswers> groups = {{"1", "say  hi", {"a", "b"}, {0, 1}},
                                             {"2", "say bye", {"a", "b"}, {0, 1}}};
  const std::vector<Example> ift = {
      {"x", {{"system", "say bye"}, {"user", "say hi\n"}, {"assistant", "hi"}}, "ift"}};
  const auto result = without_shared_prompts(groups, ift);
  REQUIRE(result.records.size() == 1);
  CHECK(result.records[0].id == "2");
  CHECK(result.dropped == std::map<std::string, int64_t>{{"prompt_in_examples", 1}});
}
