#include "data/contradictions.h"

#include <doctest/doctest.h>

using namespace selfreward;

namespace {

VerdictRow verdict(const std::string& id, const std::string& answer, bool met) {
  return {id, "Say hello.", answer, "Use one word.", "", met, ""};
}

}  // namespace

TEST_CASE("a verdict that another one contradicts is left out with it, and counted under its id") {
  const auto kept = without_contradictions(
      std::vector<VerdictRow>{verdict("a", "Hi", true), verdict("b", "Hello you", false),
                              verdict("c", "Hi", false), verdict("d", "Hello you", false)});
  REQUIRE(kept.records.size() == 2);
  CHECK(kept.records[0].id == "b");
  CHECK(kept.records[1].id == "d");
  CHECK(kept.dropped == std::map<std::string, int64_t>{{"contradicting", 2}});
  CHECK(kept.places.at("contradicting") == std::vector<std::string>{"a", "c"});
}

TEST_CASE("the same words about another prompt contradict nothing") {
  auto other = verdict("b", "Hi", false);
  other.prompt = "Say more.";
  CHECK(without_contradictions(std::vector<VerdictRow>{verdict("a", "Hi", true), other}).dropped.empty());
}

TEST_CASE("groups that order two answers in opposite ways are left out; a tie and another prompt are not") {
  const auto group = [](const std::string& id, const std::string& prompt, std::vector<std::string> answers,
                        std::vector<double> ranks) {
    return RankedAnswers{id, prompt, std::move(answers), std::move(ranks)};
  };
  const auto kept = without_contradictions(std::vector<RankedAnswers>{
      group("a", "p", {"x", "y", "z"}, {0, 1, 2}), group("b", "p", {"y", "x"}, {0, 1}),
      group("c", "p", {"y", "z"}, {0, 0}), group("d", "q", {"y", "x"}, {0, 1})});
  REQUIRE(kept.records.size() == 2);
  CHECK(kept.records[0].id == "c");
  CHECK(kept.records[1].id == "d");
  CHECK(kept.places.at("contradicting") == std::vector<std::string>{"a", "b"});
}
