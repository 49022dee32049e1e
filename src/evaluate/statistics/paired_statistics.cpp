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
  const auto mean = [&](const std::vector<size_t>& picked) {
    double sum = 0;
    for (const size_t i : picked) sum += values[i];
    return sum / static_cast<double>(picked.size());
  };
  return interval_95(bootstrap(values.size(), resamples, seed.child("bootstrap"), mean));
}

}  // namespace selfreward
