#pragma once
// A mean over prompts with what it is worth: standard error and a bootstrap interval.
#include <optional>
#include <vector>

#include "base/json.h"
#include "evaluate/statistics/bootstrap.h"

namespace selfreward {

/// Absent for an empty list.
std::optional<double> mean_of(const std::vector<double>& values);
/// Sample standard deviation (n - 1) over sqrt(n); absent below two values.
std::optional<double> standard_error_of(const std::vector<double>& values);

/// The same; absent too where all values are one, which tell nothing of their spread.
std::optional<double> spread_error_of(const std::vector<double>& values);

/// A number as JSON, or null.
Json value_or_null(const std::optional<double>& value);

/// The 2.5 and 97.5 percentiles of the means of `resamples` samples of prompts with replacement. Both models'
/// answers to a prompt are drawn together, as one value: a paired bootstrap. Absent below two different
/// values, of which every sample has the same mean.
std::optional<Interval> bootstrap_interval(const std::vector<double>& values, const Seed& seed,
                                           int64_t resamples = 10000);

}  // namespace selfreward
