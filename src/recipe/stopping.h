#pragma once
// What early stopping of DPO (early_stopping.h) and of the judge's training (judge_stopping.h) have in common: training in
// stretches, a look at the model behind each, and the best one is kept.
#include <functional>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/json.h"

namespace selfreward {

class Policy;

/// What a series of looks has come to.
struct StoppingState {
  int64_t last_step = 0, best_step = 0;
  int64_t without_gain = 0;  // looks since the best step

  void take(int64_t step, bool is_better);
};

/// The lines of a metrics.jsonl that have `key`; its last line may be torn. None where the file is not there.
std::vector<Json> lines_with(const fs::path& metrics, const std::string& key);

/// The model after `step`, in the directory of its training.
fs::path candidate_of(const fs::path& dir, int64_t step);

struct StoppedTraining {
  const Policy& policy;
  fs::path dir;
  std::string save_dtype;
  int64_t total_steps, eval_steps, patience;
  std::function<void(int64_t pause_at)> train;  // goes on from the newest checkpoint
};
/// Trains on behind `state` until the end or until `patience` looks in a row were no better. `is_better` looks at the
/// candidate of a step and has put on the disk what it found when it returns; the loser is removed then.
StoppingState train_while_better(const StoppedTraining& training, StoppingState state,
                                 const std::function<bool(const StoppingState&, int64_t step)>& is_better);

}  // namespace selfreward
