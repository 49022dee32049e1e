#include "evaluate/benchmarks/reward_evaluation.h"

#include <doctest/doctest.h>

#include "support/fixtures.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

RunConfig config_in(const std::string& name) {
  const fs::path dir = scratch(name);
  return load_config({}, {"run_dir=" + dir.string(), "model.device=cpu", "model.dtype=float32",
                          "judge.sampling.max_new_tokens=8", "judge.num_evals_to_average=2",
                          "data.gold=" + (kSource / "playground/gold.yaml").string()});
}

RewardEvaluation tiny_judge() {
  const fs::path model = kSource / "tests/fixtures/tiny_llama";
  return {{{"tiny", model}}, {kSource / "playground/rubric.yaml"}, {"samples", "greedy", "expected"}, model};
}

std::vector<RankedAnswers> some_ranked() {
  return {{"a", "tell me a story", {"no", "once upon a time there was"}, {1, 0}},
          {"b", "count", {"one two three", "ten", "I will not"}, {0, 1, 2}}};
}

}  // namespace

TEST_CASE("an evaluation has a judge for each way to read a score, and what needs none beside them") {
  const RunConfig config = config_in("all");
  fs::remove_all(config.run_dir);
  RunDirectory run(config);
  const Json summary = evaluate_rewards(config, run, tiny_judge(), some_ranked(), false);
  REQUIRE(summary["judges"].size() == 6);
  std::vector<std::string> names;
  for (const Json& judge : summary["judges"])
    names.push_back(judge["model"].get<std::string>() + " " + judge["scores"].get<std::string>());
  CHECK(names == std::vector<std::string>{"tiny samples", "tiny greedy", "tiny expected", "tiny implicit",
                                          "random ", "longest "});
  for (const Json& judge : summary["judges"]) CHECK(judge["metrics"]["pairs"] == 4);
  const Json& implicit = summary["judges"][3]["metrics"];
  CHECK(implicit["tied_pairs"] == 4);                             // a model against itself
  CHECK(summary["judges"][5]["metrics"]["pairwise_acc"] == 0.5);  // longest: right, right, wrong, wrong
  CHECK(read_json(run.root() / "reward.json") == summary);
  // The rubric's greedy replies are those of the expected scores.
  const auto replies = [&](const char* name) {
    return read_jsonl<Judgement>(run.evaluation_records("tiny", name))[0].replies[0].text;
  };
  CHECK(replies("rubric.greedy") == replies("rubric.expected"));
  CHECK(evaluate_rewards(config, run, tiny_judge(), some_ranked(), false) == summary);
  CHECK(!reward_tables(summary).empty());
}

TEST_CASE("greedy scores are the same whether they share replies with expected ones or not") {
  const auto greedy_with = [](const std::string& name, const std::vector<std::string>& scores) {
    const RunConfig config = config_in(name);
    fs::remove_all(config.run_dir);
    RunDirectory run(config);
    RewardEvaluation evaluation = tiny_judge();
    evaluation.scores = scores;
    evaluation.reference.clear();
    evaluate_rewards(config, run, evaluation, some_ranked(), false);
    return read_file(run.evaluation_records("tiny", "rubric.greedy"));
  };
  CHECK(greedy_with("shared", {"greedy", "expected"}) == greedy_with("alone", {"greedy"}));
}

TEST_CASE("expected scores of samples are those of K sampled replies, not of the greedy one") {
  const RunConfig config = config_in("expected_samples");
  fs::remove_all(config.run_dir);
  RunDirectory run(config);
  RewardEvaluation evaluation = tiny_judge();
  evaluation.scores = {"expected", "samples", "expected_samples"};
  evaluation.reference.clear();
  evaluate_rewards(config, run, evaluation, some_ranked(), false);
  const auto judged = [&](const char* name) {
    return read_jsonl<Judgement>(run.evaluation_records("tiny", name)).at(0).replies;
  };
  CHECK(judged("rubric.expected").size() == 1);
  const auto soft = judged("rubric.expected_samples"), hard = judged("rubric.samples");
  REQUIRE(soft.size() == 2);
  for (size_t k = 0; k < 2; ++k) CHECK(soft[k].text == hard[k].text);  // the same draws, read in two ways
}

TEST_CASE("replies of other inputs under the same names are not taken") {
  const RunConfig config = config_in("inputs");
  fs::remove_all(config.run_dir);
  RunDirectory run(config);
  RewardEvaluation evaluation = tiny_judge();
  evaluation.scores = {"greedy"};
  evaluation.reference.clear();
  evaluate_rewards(config, run, evaluation, some_ranked(), false);
  auto ranked = some_ranked();
  ranked[0].answers[0] = "another answer";
  CHECK_THROWS_WITH_AS(evaluate_rewards(config, run, evaluation, ranked, false),
                       doctest::Contains("ranked answers has another content"), Error);
  evaluation.models[0].dir = kSource / "tests/fixtures";
  CHECK_THROWS_WITH_AS(evaluate_rewards(config, run, evaluation, some_ranked(), false),
                       doctest::Contains("model: config.json was there"), Error);
  evaluation.models[0].dir = tiny_judge().models[0].dir;
  CHECK_NOTHROW(evaluate_rewards(config, run, evaluation, ranked, /*overwrite=*/true));
  CHECK_THROWS_WITH_AS(evaluate_rewards(config, run, evaluation, {}, false),
                       doctest::Contains("no ranked answers"), Error);
}
