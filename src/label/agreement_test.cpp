#include "label/agreement.h"

#include <doctest/doctest.h>

using namespace selfreward;

namespace {

Candidate answer(const std::string& id, int64_t index) {
  return {id, index, {}, "text", FinishReason::stop};
}

/// The second prompt cannot be labelled, but a judge may have seen it.
LabelTasks tasks() {
  std::map<std::string, int64_t> dropped;
  return label_tasks("ranks", {{"q", "Say bye.", "seed"}, {"r", "Say hello.", "seed"}},
                     {answer("q", 0), answer("q", 1), answer("q", 2), answer("r", 0)}, dropped);
}

}  // namespace

TEST_CASE("agreement with a judge is over the pairs that the person finds different") {
  const LabelTasks all = tasks();
  Labels labels(all);
  for (const auto& [index, rank] : {std::pair{0, 1.0}, {1, 2.0}, {2, 2.0}})
    labels.add({"q", index, 0, rank, std::nullopt});
  const auto with = [&](const std::vector<Judgement>& judged) {
    return agreement(all, labels.ranked(), judged);
  };
  CHECK(with({{"q", 0, {}, 4}, {"q", 1, {}, 4}, {"q", 2, {}, 1}}) ==
        Json{{"prompts", 1}, {"pairs", 2}, {"agree", 1}, {"tied", 1}, {"missing", 0}});
  CHECK(with({{"q", 0, {}, 4}, {"q", 1, {}, 5}, {"q", 2, {}, std::nullopt}}) ==
        Json{{"prompts", 1}, {"pairs", 2}, {"agree", 0}, {"tied", 0}, {"missing", 1}});
  CHECK(with({})["missing"] == 2);
}

TEST_CASE("judgements of something else are an error that names their file") {
  const LabelTasks all = tasks();
  const auto checked = [&](const std::vector<Judgement>& judged) {
    check_judgements(judged, all, "j.jsonl");
  };
  CHECK_NOTHROW(checked({{"q", 2, {}, 1}, {"q", 1, {}, std::nullopt}, {"r", 0, {}, 1}}));
  CHECK_THROWS_WITH_AS(checked({}), "[label] j.jsonl has no judgements", Error);
  CHECK_THROWS_WITH_AS(checked({{"x", 0, {}, 1}}), doctest::Contains("j.jsonl judges answer 0 of prompt 'x'"),
                       Error);
  CHECK_THROWS_WITH_AS(checked({{"q", 3, {}, 1}}), doctest::Contains("not among the candidates"), Error);
  CHECK_THROWS_WITH_AS(checked({{"q", 1, {}, 1}, {"q", 1, {}, 1}}), doctest::Contains("twice"), Error);
}
