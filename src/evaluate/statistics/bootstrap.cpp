#include "evaluate/statistics/bootstrap.h"

#include <algorithm>

namespace selfreward {
namespace {

/// The value at `share` (0 .. 1) of sorted values.
double quantile_at(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace

Interval interval_95(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return {quantile_at(values, 0.025), quantile_at(values, 0.975)};
}

}  // namespace selfreward
