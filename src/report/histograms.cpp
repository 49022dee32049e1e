#include "report/histograms.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace selfreward {
namespace {

constexpr double kBins = 20;

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  bool whole = true;
};

Range range_of(const std::vector<RoundValues>& rounds) {
  Range range;
  for (const RoundValues& round : rounds)
    for (const double x : round.values) {
      range.low = std::min(range.low, x);
      range.high = std::max(range.high, x);
      range.whole = range.whole && x == std::floor(x);
    }
  return range;
}

/// The smallest of 1, 2, 2.5, 5 times a power of ten that gives at most kBins bins.
double bin_width(const Range& range) {
  const double raw = (range.high - range.low) / kBins;
  if (range.whole && raw <= 1) return 1;
  if (raw <= 0) return std::max(0.1, std::abs(range.low) / 10);
  const double power = std::pow(10, std::floor(std::log10(raw)));
  for (const double step : {1.0, 2.0, 2.5, 5.0})
    if (step * power >= raw && !(range.whole && step == 2.5 && power == 1)) return step * power;
  return 10 * power;
}

double rounded(double value) {
  return std::round(value * 1e4) / 1e4;
}

Json series_of(RoundValues round, double from, double width, size_t bins) {
  std::vector<int64_t> counts(bins, 0);
  double sum = 0;
  for (const double x : round.values) {
    const auto bin = static_cast<size_t>(std::floor((x - from) / width + 1e-9));
    ++counts[std::min(bin, bins - 1)];
    sum += x;
  }
  const auto middle = round.values.begin() + std::ssize(round.values) / 2;
  std::nth_element(round.values.begin(), middle, round.values.end());
  return Json{{"t", round.t},
              {"n", round.values.size()},
              {"total", round.total},
              {"mean", rounded(sum / static_cast<double>(round.values.size()))},
              {"median", rounded(*middle)},
              {"counts", counts}};
}

}  // namespace

Json shared_histogram(const std::string& title, const std::string& about, const std::string& unit,
                      const std::vector<RoundValues>& rounds) {
  std::vector<RoundValues> finite = rounds;
  for (RoundValues& round : finite) std::erase_if(round.values, [](double x) { return !std::isfinite(x); });
  std::erase_if(finite, [](const RoundValues& round) { return round.values.empty(); });
  if (finite.empty()) return nullptr;
  const Range range = range_of(finite);
  const double width = bin_width(range), from = std::floor(range.low / width + 1e-9) * width;
  const bool whole =
      range.whole && width == 1;  // a bin for each number; else the last bin holds its upper end
  const double room = (range.high - from) / width;
  const auto bins = static_cast<size_t>(std::max(1.0, whole ? room + 1.5 : std::ceil(room - 1e-9)));
  Json result{{"title", title},        {"about", about}, {"unit", unit},           {"whole", whole},
              {"from", rounded(from)}, {"width", width}, {"series", Json::array()}};
  for (const RoundValues& round : finite) result["series"].push_back(series_of(round, from, width, bins));
  return result;
}

}  // namespace selfreward
