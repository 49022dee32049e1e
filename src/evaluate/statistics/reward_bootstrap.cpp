#include "evaluate/statistics/reward_bootstrap.h"

#include <cmath>

namespace selfreward {
namespace {

/// The numerator of a share, which is a whole number.
double part(const std::optional<double>& share, int64_t whole) {
  return share ? std::round(*share * static_cast<double>(whole)) : 0;
}

std::optional<double> ratio(double part, double whole) {
  return whole == 0 ? std::nullopt : std::optional(part / whole);
}

Json interval(std::vector<double> values, size_t draws) {
  if (values.empty() || 2 * values.size() < draws) return nullptr;
  const auto [low, high] = interval_95(std::move(values));
  return {low, high};
}

Json all_intervals(const std::vector<MetricValues>& draws) {
  Json result = Json::object();
  for (size_t m = 0; m < kMetricNames.size(); ++m) {
    std::vector<double> present;
    for (const MetricValues& draw : draws)
      if (draw[m]) present.push_back(*draw[m]);
    result[kMetricNames[m]] = interval(std::move(present), draws.size());
  }
  return result;
}

}  // namespace

std::vector<RewardMetrics> metrics_by_prompt(const std::vector<ScoredAnswers>& prompts, double max_score) {
  std::vector<RewardMetrics> each;
  for (const ScoredAnswers& prompt : prompts) each.push_back(reward_metrics({prompt}, max_score));
  return each;
}

RewardMetrics pooled(const std::vector<RewardMetrics>& by_prompt, const std::vector<size_t>& picked) {
  RewardMetrics sum;
  double right = 0, best = 0, exact = 0, ordered = 0, spearman = 0, kendall = 0;
  for (const size_t i : picked) {
    const RewardMetrics& one = by_prompt[i];
    sum.prompts += one.prompts, sum.answers += one.answers, sum.unscored_answers += one.unscored_answers;
    sum.pairs += one.pairs, sum.tied_pairs += one.tied_pairs, sum.unscored_pairs += one.unscored_pairs;
    sum.perfect_answers += one.perfect_answers, sum.correlated_prompts += one.correlated_prompts;
    right += part(one.pairwise_accuracy, one.pairs);
    best += part(one.five_best, one.perfect_answers);
    ordered += one.exact_match.has_value();
    exact += one.exact_match.value_or(0);
    spearman += one.spearman.value_or(0);
    kendall += one.kendall_tau.value_or(0);
    sum.gap += one.gap, sum.captured_gap += one.captured_gap;
    sum.best_gain += one.best_gain, sum.picked_gain += one.picked_gain;
  }
  const auto count = [](int64_t n) { return static_cast<double>(n); };
  sum.pairwise_accuracy = ratio(right, count(sum.pairs));
  sum.pairwise_accuracy_decided = ratio(right, count(sum.pairs - sum.tied_pairs - sum.unscored_pairs));
  sum.five_best = ratio(best, count(sum.perfect_answers));
  sum.exact_match = ratio(exact, ordered);
  sum.spearman = ratio(spearman, count(sum.correlated_prompts));
  sum.kendall_tau = ratio(kendall, count(sum.correlated_prompts));
  sum.gap_captured = ratio(sum.captured_gap, sum.gap);
  sum.best_of_n = ratio(sum.picked_gain, sum.best_gain);
  return sum;
}

MetricValues values_of(const RewardMetrics& metrics) {
  return {metrics.pairwise_accuracy, metrics.pairwise_accuracy_decided,
          metrics.five_best,         metrics.exact_match,
          metrics.spearman,          metrics.kendall_tau,
          metrics.gap_captured,      metrics.best_of_n};
}

std::vector<MetricValues> bootstrap(const std::vector<RewardMetrics>& by_prompt, int64_t draws,
                                    const Seed& seed) {
  return bootstrap(by_prompt.size(), draws, seed,
                   [&](const std::vector<size_t>& picked) { return values_of(pooled(by_prompt, picked)); });
}

Json intervals(const std::vector<MetricValues>& draws) {
  Json result = all_intervals(draws);
  for (Json& interval : result)  // one prompt, or prompts that are all alike, tell nothing of the spread
    if (interval.is_array() && interval[0] == interval[1]) interval = nullptr;
  return result;
}

Json difference_intervals(const std::vector<MetricValues>& draws, const std::vector<MetricValues>& base) {
  std::vector<MetricValues> differences(draws.size());
  for (size_t b = 0; b < draws.size(); ++b)
    for (size_t m = 0; m < kMetricNames.size(); ++m)
      if (draws[b][m] && base[b][m]) differences[b][m] = *draws[b][m] - *base[b][m];
  return all_intervals(differences);
}

}  // namespace selfreward
