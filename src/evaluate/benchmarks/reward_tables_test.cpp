#include <doctest/doctest.h>

#include "evaluate/benchmarks/reward_evaluation.h"

using namespace selfreward;

namespace {

Json judge_named(const std::string& name, double accuracy) {
  return {{"model", name},
          {"rubric", "additive5"},
          {"scores", "greedy"},
          {"metrics",
           {{"pairwise_acc", accuracy},
            {"pairwise_acc_decided", 0.9},
            {"5best", nullptr},
            {"exact_match", 0.25},
            {"spearman", 0.5},
            {"kendall_tau", -0.125},
            {"gap_captured", 0.5},
            {"best_of_n", nullptr},
            {"pairs", 40},
            {"tied_pairs", 4},
            {"answers", 50},
            {"unscored_answers", 1}}},
          {"interval",
           {{"pairwise_acc", {accuracy - 0.1, accuracy + 0.1}},
            {"pairwise_acc_decided", {0.8, 1.0}},
            {"5best", nullptr},
            {"exact_match", {0.2, 0.3}},
            {"spearman", {0.4, 0.6}},
            {"kendall_tau", {-0.5, 0.25}},
            {"gap_captured", {0.4, 0.6}},
            {"best_of_n", nullptr}}},
          {"difference_to_first", {{"pairwise_acc", {-0.05, 0.15}}}}};
}

}  // namespace

TEST_CASE("the table has a judge's metrics with their intervals below, and differences to the first judge") {
  const Json summary{{"prompts", 12}, {"judges", {judge_named("M0", 0.6), judge_named("M1", 0.65)}}};
  const std::string text = reward_tables(summary);
  const std::string wanted =
      "judge  rubric     scores       pairs %  to the first  without ties % "
      " 5-best %       exact %        Spearman          Kendall  gap captured %  best of N %  tied %  "
      "unscored %\n"
      "M0     additive5  greedy          60.0             -            90.0 "
      "        -          25.0           0.500           -0.125            50.0            -    10.0  "
      "       2.0\n"
      "                          [50.0, 70.0]                 [80.0, 100.0] "
      "           [20.0, 30.0]  [0.400, 0.600]  [-0.500, 0.250]    [40.0, 60.0]\n"
      "M1     additive5  greedy          65.0          +5.0            90.0 "
      "        -          25.0           0.500           -0.125            50.0            -    10.0  "
      "       2.0\n"
      "                          [55.0, 75.0]  [-5.0, 15.0]   [80.0, 100.0] "
      "           [20.0, 30.0]  [0.400, 0.600]  [-0.500, 0.250]    [40.0, 60.0]\n";
  CHECK(text.substr(text.find('\n') + 1) == wanted);
}

TEST_CASE("below it each score has its answers, what they are worth, and their ranks") {
  Json judge = judge_named("M0", 0.6);
  judge["reliability"] = {{{"score", 4},
                           {"answers", 3},
                           {"mean_score", 4.1},
                           {"mean_rank", 0.3},
                           {"beaten", 0.75},
                           {"best", 0.5},
                           {"gold", 3.5}}};
  judge["calibration_error"] = 0.6;
  judge["confusion"] = {{"scores", {4, nullptr}}, {"ranks", {0, 1}}, {"counts", {{2, 1}, {0, 5}}}};
  const std::string text = reward_tables({{"prompts", 12}, {"judges", {judge}}});
  CHECK(text.find("Scores of M0, additive5, greedy: 0.60 from the true score on average\n"
                  "score  answers  mean  beaten %  best %  gold  rank 0  rank 1\n"
                  "    4        3  4.10      75.0    50.0  3.50       2       1\n"
                  " none        5     -         -       -     -       0       5\n") != std::string::npos);
}
