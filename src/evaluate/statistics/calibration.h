#pragma once
// What a score is worth: for each score that a judge gives, how people ranked those answers, and what they
// truly score where that is known.
#include "evaluate/statistics/reward_metrics.h"

namespace selfreward {

/// One answer as the judge and people see it.
struct JudgedAnswer {
  std::optional<double> score;
  int64_t rank = 0;   // place among the different ranks of its prompt, 0 the best
  double beaten = 0;  // share of the other answers that are ranked worse, ties half: 0 .. 1
  std::optional<double> gold;
};
/// Every answer of `prompts`; `gold` has their true scores in the same order, or nothing.
std::vector<JudgedAnswer> judged_answers(const std::vector<ScoredAnswers>& prompts,
                                         const std::vector<std::optional<double>>& gold = {});

/// Reliability, one row for each whole score (a mean of several replies counts as the nearest, halves up):
/// [{score, answers, mean_score, mean_rank, beaten, best, gold}]; `best` is the share with rank 0, `gold` the
/// mean true score (left out where there is none).
Json reliability_table(const std::vector<JudgedAnswer>& answers);

/// The mean over answers of |mean score - mean true score| of their row; absent where no answer has both.
std::optional<double> calibration_error(const std::vector<JudgedAnswer>& answers);

/// {"scores": [0, 1, ..., null], "ranks": [0, 1, ...], "counts": [[answers with this score and rank]]}; the
/// row of null counts answers without a score.
Json confusion_table(const std::vector<JudgedAnswer>& answers);

}  // namespace selfreward
