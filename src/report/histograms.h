#pragma once
// Histograms that several rounds share, so that they can be drawn over each other.
#include "base/json.h"

namespace selfreward {

/// One round's values of a quantity; `looked_at` of `total` records were measured.
struct RoundValues {
  int64_t t = 0;
  std::vector<double> values;
  size_t total = 0;
};

/// {title, about, unit, whole, from, width, series: [{t, n, total, mean, median, counts}]} of the rounds that
/// have values, about 20 bins of a round width between the smallest and the largest value; null where no
/// round has one. Values that are not finite are left out. `whole`: all values are whole numbers and the
/// width is 1.
Json shared_histogram(const std::string& title, const std::string& about, const std::string& unit,
                      const std::vector<RoundValues>& rounds);

}  // namespace selfreward
