#pragma once
// How sure the metrics are: 95 % bootstrap intervals over prompts. All judges of one evaluation see the
// same draws of prompts, so their differences have intervals too.
#include <array>

#include "base/json.h"
#include "evaluate/statistics/bootstrap.h"
#include "evaluate/statistics/reward_metrics.h"

namespace selfreward {

/// Metrics of each prompt alone.
std::vector<RewardMetrics> metrics_by_prompt(const std::vector<ScoredAnswers>& prompts, double max_score);

/// The metrics of the prompts at `picked` together (a prompt may be there several times): what reward_metrics
/// gives for them.
RewardMetrics pooled(const std::vector<RewardMetrics>& by_prompt, const std::vector<size_t>& picked);

/// The metrics with an interval, in the order of kMetricNames: the keys of to_json.
inline constexpr std::array<const char*, 8> kMetricNames = {
    "pairwise_acc", "pairwise_acc_decided", "5best",        "exact_match",
    "spearman",     "kendall_tau",          "gap_captured", "best_of_n"};
inline constexpr int64_t kBootstrapDraws = 1000;
using MetricValues = std::array<std::optional<double>, kMetricNames.size()>;
MetricValues values_of(const RewardMetrics& metrics);

/// The metrics of each of `draws` samples of all prompts with replacement.
std::vector<MetricValues> bootstrap(const std::vector<RewardMetrics>& by_prompt, int64_t draws,
                                    const Seed& seed);

/// {name: [2.5 %, 97.5 %]} of the draws; a metric that is absent in more than half of them has null.
Json intervals(const std::vector<MetricValues>& draws);
/// The same of (draws - base), draw by draw. Equal sizes.
Json difference_intervals(const std::vector<MetricValues>& draws, const std::vector<MetricValues>& base);

}  // namespace selfreward
