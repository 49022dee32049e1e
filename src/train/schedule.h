#pragma once
// Learning rates over a training, as transformers' schedulers give them, with a floor.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <string>

#include "base/error.h"

namespace selfreward {

/// Factor on the peak learning rate at `step` (0-based) of `total`: rises linearly over `warmup` steps from
/// 0, then "constant" stays, "linear" and "cosine" fall to `floor` at the end.
inline double schedule_factor(const std::string& type, int64_t step, int64_t warmup, int64_t total,
                              double floor) {
  if (step < warmup) return static_cast<double>(step) / static_cast<double>(warmup);
  if (type == "constant") return 1.0;
  const double progress =
      static_cast<double>(step - warmup) / static_cast<double>(std::max<int64_t>(1, total - warmup));
  if (type == "linear") return floor + (1 - floor) * std::max(0.0, 1 - progress);
  check(type == "cosine", "[schedule] lr_scheduler_type '", type,
        "' is unknown; constant, linear or cosine is wanted");
  return floor + (1 - floor) * 0.5 * (1 + std::cos(std::numbers::pi * std::min(1.0, progress)));
}

}  // namespace selfreward
