#pragma once
// The paper's five metrics of a model as a judge (section 3.1.2, table 4): its scores of the ranked answers
// of held-out prompts against the human ranks; and what its choice of best and worst answers is worth. The paper
// leaves ties and missing scores open; here:
//  - human ties say nothing: such pairs are left out everywhere;
//  - a pair that the model ties or does not score is *undecided*: an error in pairwise_accuracy, left out of
//    pairwise_accuracy_decided;
//  - rank 0 is the best, so a positive correlation means agreement.
#include <cstdint>
#include <optional>
#include <vector>

#include "base/json.h"

namespace selfreward {

/// One prompt: the model's score of each answer (absent if unparsable) and its human rank, 0 the best.
struct ScoredAnswers {
  std::vector<std::optional<double>> scores;
  std::vector<double> ranks;
  std::vector<double> truth = {};  // how good each answer is; empty: minus its rank
};

/// Shares are 0 .. 1; a metric with nothing to measure is absent.
struct RewardMetrics {
  /// Of all pairs of one prompt's answers with different human ranks: those that the scores order the same
  /// way.
  std::optional<double> pairwise_accuracy;
  /// The same over decided pairs only.
  std::optional<double> pairwise_accuracy_decided;
  /// Of the answers that the model gives the maximum: those that no answer of their prompt is ranked above.
  std::optional<double> five_best;
  /// Of the prompts with a pair: those with every pair in the human order; an undecided pair breaks it.
  std::optional<double> exact_match;
  /// Means over the prompts where defined: two scored answers or more, neither all scores nor all ranks
  /// equal. Spearman with average ranks for ties, Kendall's tau-b; unscored answers are left out.
  std::optional<double> spearman, kendall_tau;
  /// How much better the truth finds the answers that the judge scores best than those it scores worst, as a
  /// share of the difference between the truly best and worst: what of the signal DPO's pairs keep. Sums over
  /// the prompts; where scores tie for a place, the mean of these answers; 0 for a prompt without two scores.
  std::optional<double> gap_captured;
  /// The same of the judge's best answer above the mean answer, against the truly best one: best of N.
  std::optional<double> best_of_n;

  double gap = 0, captured_gap = 0, best_gain = 0, picked_gain = 0;  // the sums of these two
  int64_t prompts = 0, answers = 0, unscored_answers = 0;
  int64_t pairs = 0, tied_pairs = 0, unscored_pairs = 0;  // tied: scored and equal; both kinds are undecided
  int64_t perfect_answers = 0, correlated_prompts = 0;  // the denominators of five_best and the correlations
};

/// Throws Error when a prompt has not as many scores as ranks.
RewardMetrics reward_metrics(const std::vector<ScoredAnswers>& prompts, double max_score);

/// Spearman's rank correlation, ties with average ranks; absent if either side is constant. Equal sizes.
std::optional<double> spearman(const std::vector<double>& a, const std::vector<double>& b);
/// Kendall's tau-b; absent if either side is constant. Equal sizes.
std::optional<double> kendall_tau_b(const std::vector<double>& a, const std::vector<double>& b);

/// Keys pairwise_acc, pairwise_acc_decided, 5best, exact_match, spearman, kendall_tau, gap_captured, best_of_n
/// (null where absent) and counts.
Json to_json(const RewardMetrics& metrics);

}  // namespace selfreward
