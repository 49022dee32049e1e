#include "evaluate/benchmarks/gold_ranks.h"

#include <doctest/doctest.h>

#include "support/scratch.h"

using namespace selfreward;

namespace {

GoldScorer gold() {
  const fs::path path = scratch("gold.yaml");
  write_file_atomically(
      path, "prompt_pattern: 'say .*'\nmax_score: 2\nrules: [{when: say, then: a}, {when: say, then: b}]\n");
  return GoldScorer::load(path);
}

Candidate answer(const std::string& id, int64_t index, const std::string& text) {
  return {id, index, {}, text, FinishReason::stop};
}

}  // namespace

TEST_CASE("answers are ranked by how many score more, in the order of their indices") {
  const std::vector<Prompt> prompts = {{"p", "say it", "t", Json::array({"Be short."})},
                                       {"same", "say all", "t"},
                                       {"other", "write", "t"},
                                       {"one", "say one", "t"}};
  const auto ranked =
      ranked_by_gold(prompts,
                     {answer("p", 2, "x"), answer("p", 0, "a"), answer("p", 1, "a b"), answer("p", 3, "b"),
                      answer("same", 0, "a"), answer("same", 1, "b"), answer("other", 0, "a"),
                      answer("other", 1, "x"), answer("one", 0, "a")},
                     gold());
  REQUIRE(ranked.records.size() == 1);
  CHECK(ranked.records[0].answers == std::vector<std::string>{"a", "a b", "x", "b"});
  CHECK(ranked.records[0].ranks == std::vector<double>{1, 0, 3, 1});
  CHECK(ranked.records[0].requirements == Json::array({"Be short."}));
  CHECK(ranked.dropped == std::map<std::string, int64_t>{
                              {"all_equal", 1}, {"no_gold_score", 1}, {"fewer_than_two_answers", 1}});
}

TEST_CASE("candidates that fit no prompt, or come twice, are errors") {
  CHECK_THROWS_WITH_AS(ranked_by_gold({{"p", "say it", "t"}}, {answer("q", 0, "a")}, gold()),
                       doctest::Contains("'q', which is not among the prompts"), Error);
  CHECK_THROWS_WITH_AS(
      ranked_by_gold({{"p", "say it", "t"}}, {answer("p", 0, "a"), answer("p", 0, "b")}, gold()),
      doctest::Contains("two candidates 0"), Error);
}
