#pragma once
// The bootstrap: how far a statistic moves where other prompts had been drawn.
//   interval_95(bootstrap(values.size(), 10000, seed, [&](const std::vector<size_t>& picked) { ... }))
#include <vector>

#include "base/seed.h"

namespace selfreward {

/// `statistic(picked)` of each of `draws` samples of 0 .. count-1 with replacement, `count` of them each; draw b
/// takes seed.child(b).below(i, count) as its i-th.
template <typename Statistic>
auto bootstrap(size_t count, int64_t draws, const Seed& seed, const Statistic& statistic) {
  std::vector<size_t> picked(count);
  std::vector<decltype(statistic(picked))> values;
  for (int64_t b = 0; b < draws; ++b) {
    const Seed draw = seed.child(b);
    for (size_t i = 0; i < count; ++i) picked[i] = draw.below(i, count);
    values.push_back(statistic(picked));
  }
  return values;
}

struct Interval {
  double low, high;
};
/// The 2.5 and 97.5 percentiles of the values, at least one, linear between neighbours (numpy's default).
Interval interval_95(std::vector<double> values);

}  // namespace selfreward
