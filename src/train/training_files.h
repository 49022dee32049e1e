#pragma once
// What a training leaves on disk, and who is told of its progress.
#include <functional>

#include "base/json.h"

namespace selfreward {

/// Where a training keeps its files: metrics.jsonl and, with save_steps, checkpoint-N/.
struct TrainingFiles {
  fs::path dir;
  fs::path metrics() const { return dir / "metrics.jsonl"; }
  /// Called with each line of metrics.jsonl in its order; of a training that goes on, first with those kept.
  std::function<void(const Json& line)> logged = {};
  int64_t pause_at = 0;  // above 0: training ends after this step, with a checkpoint to go on from
};

}  // namespace selfreward
