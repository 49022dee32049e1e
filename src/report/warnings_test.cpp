#include "report/warnings.h"

#include <doctest/doctest.h>

#include "support/report_example.h"

using namespace selfreward;

namespace {

/// A quiet run: none of its numbers is unusual.
Json quiet() {
  return parse_json(R"({
    "rounds": [{"t": 1, "prompts": 1000, "candidates": 4000, "candidates_stopped": 3900, "duplicate_candidates": 400,
      "judge_replies": 12000, "judge_failures": {"no_score": 100, "cut_off": 200},
      "score_histogram": {"0": 100, "3": 2600, "4": 5000, "5": 4000}, "pairs": 700, "pair_drops": {"tie": 300},
      "gold_agreement": {"agree": 0.84, "tie": 0.15, "wrong": 0.01},
      "preferences": {"chosen_length": 52.0, "rejected_length": 48.0}}],
    "training": [{"name": "M2", "not_a_number": 0, "chosen_logps_ends": [-60.0, -62.0]}],
    "evaluation": {"models": [
        {"name": "M0", "gold": {"sampled": {"mean": 3.4}}, "reward_model": {"pairwise_accuracy": 0.30}},
        {"name": "M1", "gold": {"sampled": {"mean": 4.0}}, "reward_model": {"pairwise_accuracy": 0.97}, "answer_tokens_mean": 50},
        {"name": "M2", "gold": {"sampled": {"mean": 4.3}}, "reward_model": {"pairwise_accuracy": 0.95}, "answer_tokens_mean": 60}],
      "null_judges": {"random": {"pairwise_accuracy": 0.44}},
      "head_to_head": [{"a": "M2", "b": "M1", "by": "gold", "win": 0.3, "tie": 0.5, "lose": 0.2},
                       {"a": "M1", "b": "M2", "by": "judge", "win": 0.2, "tie": 0.5, "lose": 0.3}]}})",
                    "test");
}

struct Case {
  const char* pointer;
  const char* value;
  const char* warning;
};

}  // namespace

TEST_CASE("a quiet run has no warnings") {
  CHECK(find_warnings(quiet()) == Json::array());
}

TEST_CASE("each unusual number gives its one sentence") {
  const std::vector<Case> cases{
      {"/rounds/0/judge_failures/no_score", "2800",
       "Round 1: 25 % of the judge's replies have no usable score"},
      {"/rounds/0/judge_failures/no_score", "401", "Round 1: 5.0 % of the judge's replies"},
      {"/rounds/0/score_histogram/4", "80000", "Round 1: 92 % of the judge's scores are 4."},
      {"/rounds/0/candidates_stopped", "3000", "Round 1: 25 % of the answers were cut off"},
      {"/rounds/0/duplicate_candidates", "2400", "Round 1: 60 % of the answers repeat"},
      {"/rounds/0/pair_drops/tie", "610", "Round 1: 61 % of the prompts gave no pair"},
      {"/rounds/0/pairs", "240", "Round 1: Only 24 % of the prompts"},
      {"/rounds/0/preferences/chosen_length", "96", "Round 1: Chosen answers are 2.0 times as long"},
      {"/rounds/0/gold_agreement/wrong", "0.56",
       "Round 1: Of the pairs that the true score tells apart, it prefers the rejected answer in 40 %"},
      {"/training/0/not_a_number", "1", "Training M2: The loss was not a number in 1 logged step."},
      {"/training/0/chosen_logps_ends/1", "-80",
       "Training M2: The log-probability of the chosen answers fell from -60.0 to -80.0."},
      {"/evaluation/models/2/reward_model/pairwise_accuracy", "0.72", "M2: It judges worse than M1: 72 %"},
      {"/evaluation/models/2/answer_tokens_mean", "120", "M2: Its answers are 2.4 times as long"},
      {"/evaluation/models/2/gold/sampled/mean", "3.85",
       "M2: Its gold score is below that of M1: 3.85 against 4.00."},
      {"/evaluation/null_judges/random/pairwise_accuracy", "0.96",
       "M2: As a judge it is no better than the null judge 'random'"},
      {"/evaluation/head_to_head/0/win", "0.1",
       "M2: Its judge says that it beats M1, the true score does not."},
  };
  for (const Case& c : cases) {
    CAPTURE(c.pointer);
    Json report = quiet();
    report[Json::json_pointer(c.pointer)] = parse_json(c.value, "test");
    const Json warnings = find_warnings(report);
    REQUIRE(warnings.size() == 1);
    const std::string text =
        warnings[0]["where"].get<std::string>() + ": " + warnings[0]["text"].get<std::string>();
    CHECK(text.substr(0, std::string(c.warning).size()) == c.warning);
  }
}

TEST_CASE("values at a threshold are not yet unusual") {
  for (const auto& [pointer, value] :
       {std::pair("/rounds/0/judge_failures/no_score", 400), std::pair("/rounds/0/candidates_stopped", 3200),
        std::pair("/rounds/0/pair_drops/tie", 600), std::pair("/rounds/0/pairs", 250),
        std::pair("/rounds/0/preferences/chosen_length", 72)}) {
    CAPTURE(pointer);
    Json report = quiet();
    report[Json::json_pointer(pointer)] = value;
    CHECK(find_warnings(report) == Json::array());
  }
}

TEST_CASE("few pairs are not a warning while the round is under way") {
  Json report = quiet();
  report["rounds"][0]["pairs"] = 3;
  report["rounds"][0]["unfinished"] = true;
  CHECK(find_warnings(report) == Json::array());
}
