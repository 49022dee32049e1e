#pragma once
// One training: what it leaves on disk, who is told of its progress, where its draws come from.
#include <functional>
#include <string>

#include "base/json.h"
#include "base/seed.h"

namespace selfreward {

/// Where a training keeps its files: metrics.jsonl and, with save_steps, checkpoint-N/.
struct TrainingFiles {
  fs::path dir;
  fs::path metrics() const { return dir / "metrics.jsonl"; }
  /// Called with each line of metrics.jsonl in its order; of a training that goes on, first with those kept.
  std::function<void(const Json& line)> logged = {};
  int64_t pause_at = 0;  // above 0: training ends after this step, with a checkpoint to go on from
};

/// What makes a training of given rows and settings this one.
struct TrainingRun {
  Seed seed;  // of the order of the rows, and of dropout
  TrainingFiles files;
  std::string label;    // names the progress bar
  bool shuffle = true;  // else the rows stay in their order
};

}  // namespace selfreward
