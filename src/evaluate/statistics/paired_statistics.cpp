#include "evaluate/statistics/paired_statistics.h"

#include <algorithm>
#include <cmath>

namespace selfreward {
namespace {

double sum_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

bool all_equal(const std::vector<double>& values) {
  return std::adjacent_find(values.begin(), values.end(), std::not_equal_to<>()) == values.end();
}

}  // namespace

std::optional<double> spread_error_of(const std::vector<double>& values) {
  return all_equal(values) ? std::nullopt : standard_error_of(values);
}

Json value_or_null(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

double quantile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

std::optional<double> mean_of(const std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  return sum_of(values) / static_cast<double>(values.size());
}

std::optional<double> standard_error_of(const std::vector<double>& values) {
  if (values.size() < 2) return std::nullopt;
  const double mean = *mean_of(values), n = static_cast<double>(values.size());
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / (n - 1) / n);
}

std::optional<Interval> bootstrap_interval(const std::vector<double>& values, const Seed& seed,
                                           int64_t resamples) {
  if (all_equal(values)) return std::nullopt;
  std::vector<double> means;
  for (int64_t b = 0; b < resamples; ++b) {
    const Seed draw = seed.child("bootstrap", b);
    double sum = 0;
    for (size_t i = 0; i < values.size(); ++i) sum += values[draw.below(i, values.size())];
    means.push_back(sum / static_cast<double>(values.size()));
  }
  std::sort(means.begin(), means.end());
  return Interval{quantile(means, 0.025), quantile(means, 0.975)};
}

}  // namespace selfreward
