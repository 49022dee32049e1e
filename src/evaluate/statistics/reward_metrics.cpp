#include "evaluate/statistics/reward_metrics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace selfreward {
namespace {

/// Ranks from 0, equal values share the average of theirs.
std::vector<double> average_ranks(const std::vector<double>& values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t i, size_t j) { return values[i] < values[j]; });
  std::vector<double> ranks(values.size());
  for (size_t first = 0; first < order.size();) {
    size_t last = first;
    while (last + 1 < order.size() && values[order[last + 1]] == values[order[first]]) ++last;
    for (size_t i = first; i <= last; ++i) ranks[order[i]] = static_cast<double>(first + last) / 2;
    first = last + 1;
  }
  return ranks;
}

std::optional<double> pearson(const std::vector<double>& a, const std::vector<double>& b) {
  const double n = static_cast<double>(a.size());
  const double mean_a = std::accumulate(a.begin(), a.end(), 0.0) / n;
  const double mean_b = std::accumulate(b.begin(), b.end(), 0.0) / n;
  double ab = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - mean_a) * (b[i] - mean_b);
    aa += (a[i] - mean_a) * (a[i] - mean_a);
    bb += (b[i] - mean_b) * (b[i] - mean_b);
  }
  if (aa == 0 || bb == 0) return std::nullopt;
  return ab / std::sqrt(aa * bb);
}

int sign(double x) {
  return (x > 0) - (x < 0);
}

std::optional<double> share(int64_t part, int64_t whole) {
  if (whole == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(whole);
}

struct Sums {
  int64_t right_pairs = 0, ordered_prompts = 0, exact_prompts = 0, best_perfect = 0;
  double spearman = 0, kendall = 0;
};

void add_pairs(const ScoredAnswers& prompt, RewardMetrics& metrics, Sums& sums) {
  const int64_t pairs_before = metrics.pairs, right_before = sums.right_pairs;
  for (size_t i = 0; i < prompt.ranks.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      const int human = sign(prompt.ranks[j] - prompt.ranks[i]);  // the lower rank is the better
      if (human == 0) continue;
      ++metrics.pairs;
      if (!prompt.scores[i] || !prompt.scores[j])
        ++metrics.unscored_pairs;
      else if (*prompt.scores[i] == *prompt.scores[j])
        ++metrics.tied_pairs;
      else if (sign(*prompt.scores[i] - *prompt.scores[j]) == human)
        ++sums.right_pairs;
    }
  }
  const int64_t pairs = metrics.pairs - pairs_before;
  sums.ordered_prompts += pairs > 0;
  sums.exact_prompts += pairs > 0 && sums.right_pairs - right_before == pairs;
}

void add_perfect_answers(const ScoredAnswers& prompt, double max_score, RewardMetrics& metrics, Sums& sums) {
  for (size_t i = 0; i < prompt.scores.size(); ++i) {
    if (!prompt.scores[i] || *prompt.scores[i] < max_score) continue;
    ++metrics.perfect_answers;
    sums.best_perfect += prompt.ranks[i] == *std::min_element(prompt.ranks.begin(), prompt.ranks.end());
  }
}

void add_correlations(const ScoredAnswers& prompt, RewardMetrics& metrics, Sums& sums) {
  std::vector<double> scores, goodness;
  for (size_t i = 0; i < prompt.scores.size(); ++i) {
    if (!prompt.scores[i]) continue;
    scores.push_back(*prompt.scores[i]);
    goodness.push_back(-prompt.ranks[i]);
  }
  const auto rho = spearman(scores, goodness), tau = kendall_tau_b(scores, goodness);
  if (!rho || !tau) return;
  ++metrics.correlated_prompts;
  sums.spearman += *rho;
  sums.kendall += *tau;
}

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// The mean truth of the answers with this score.
double truth_at(const ScoredAnswers& prompt, const std::vector<double>& truth, double score) {
  std::vector<double> of_score;
  for (size_t i = 0; i < truth.size(); ++i)
    if (prompt.scores[i] == score) of_score.push_back(truth[i]);
  return mean(of_score);
}

void add_gaps(const ScoredAnswers& prompt, RewardMetrics& metrics) {
  std::vector<double> truth = prompt.truth, scores;
  if (truth.empty())
    for (const double rank : prompt.ranks) truth.push_back(-rank);
  if (truth.empty()) return;
  for (const auto& score : prompt.scores)
    if (score) scores.push_back(*score);
  const auto [worst, best] = std::minmax_element(truth.begin(), truth.end());
  const double average = mean(truth);
  metrics.gap += *best - *worst;
  metrics.best_gain += *best - average;
  if (scores.size() < 2) return;
  const auto [lowest, highest] = std::minmax_element(scores.begin(), scores.end());
  const double picked = truth_at(prompt, truth, *highest);
  metrics.captured_gap += picked - truth_at(prompt, truth, *lowest);
  metrics.picked_gain += picked - average;
}

}  // namespace

std::optional<double> spearman(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.empty()) return std::nullopt;
  return pearson(average_ranks(a), average_ranks(b));
}

std::optional<double> kendall_tau_b(const std::vector<double>& a, const std::vector<double>& b) {
  int64_t difference = 0, ordered_a = 0,
          ordered_b = 0;  // concordant minus discordant; pairs not tied in a, in b
  for (size_t i = 0; i < a.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      const int sign_a = sign(a[i] - a[j]), sign_b = sign(b[i] - b[j]);
      difference += static_cast<int64_t>(sign_a) * sign_b;
      ordered_a += sign_a != 0;
      ordered_b += sign_b != 0;
    }
  }
  if (ordered_a == 0 || ordered_b == 0) return std::nullopt;
  return static_cast<double>(difference) /
         std::sqrt(static_cast<double>(ordered_a) * static_cast<double>(ordered_b));
}

RewardMetrics reward_metrics(const std::vector<ScoredAnswers>& prompts, double max_score) {
  RewardMetrics metrics;
  Sums sums;
  for (const ScoredAnswers& prompt : prompts) {
    check(prompt.scores.size() == prompt.ranks.size(), "[reward metrics] prompt ", metrics.prompts, " has ",
          prompt.scores.size(), " scores but ", prompt.ranks.size(), " ranks");
    check(prompt.truth.empty() || prompt.truth.size() == prompt.ranks.size(), "[reward metrics] prompt ",
          metrics.prompts, " has ", prompt.truth.size(), " true scores but ", prompt.ranks.size(), " ranks");
    ++metrics.prompts;
    metrics.answers += static_cast<int64_t>(prompt.scores.size());
    metrics.unscored_answers += std::count(prompt.scores.begin(), prompt.scores.end(), std::nullopt);
    add_pairs(prompt, metrics, sums);
    add_perfect_answers(prompt, max_score, metrics, sums);
    add_correlations(prompt, metrics, sums);
    add_gaps(prompt, metrics);
  }
  if (metrics.gap > 0) metrics.gap_captured = metrics.captured_gap / metrics.gap;
  if (metrics.best_gain > 0) metrics.best_of_n = metrics.picked_gain / metrics.best_gain;
  metrics.pairwise_accuracy = share(sums.right_pairs, metrics.pairs);
  metrics.pairwise_accuracy_decided =
      share(sums.right_pairs, metrics.pairs - metrics.tied_pairs - metrics.unscored_pairs);
  metrics.five_best = share(sums.best_perfect, metrics.perfect_answers);
  metrics.exact_match = share(sums.exact_prompts, sums.ordered_prompts);
  if (metrics.correlated_prompts > 0) {
    metrics.spearman = sums.spearman / static_cast<double>(metrics.correlated_prompts);
    metrics.kendall_tau = sums.kendall / static_cast<double>(metrics.correlated_prompts);
  }
  return metrics;
}

Json to_json(const RewardMetrics& metrics) {
  const auto value = [](const std::optional<double>& metric) {
    return metric ? Json(*metric) : Json(nullptr);
  };
  return {{"pairwise_acc", value(metrics.pairwise_accuracy)},
          {"pairwise_acc_decided", value(metrics.pairwise_accuracy_decided)},
          {"5best", value(metrics.five_best)},
          {"exact_match", value(metrics.exact_match)},
          {"spearman", value(metrics.spearman)},
          {"kendall_tau", value(metrics.kendall_tau)},
          {"gap_captured", value(metrics.gap_captured)},
          {"best_of_n", value(metrics.best_of_n)},
          {"prompts", metrics.prompts},
          {"answers", metrics.answers},
          {"unscored_answers", metrics.unscored_answers},
          {"pairs", metrics.pairs},
          {"tied_pairs", metrics.tied_pairs},
          {"unscored_pairs", metrics.unscored_pairs},
          {"perfect_answers", metrics.perfect_answers},
          {"correlated_prompts", metrics.correlated_prompts}};
}

}  // namespace selfreward
