#pragma once
// What SFT and DPO share: the order of the rows, steps with their learning rates, metrics, and a checkpoint
// of the training state from which a stopped run goes on to the same weights.
#include <functional>

#include "base/json.h"
#include "base/seed.h"
#include "train/optimizer.h"

namespace selfreward {

/// Where a training keeps its files: metrics.jsonl and, with save_steps, checkpoint-N/.
struct TrainingFiles {
  fs::path dir;
  /// Called with each line of metrics.jsonl in its order; of a training that goes on, first with those kept.
  std::function<void(const Json& line)> logged = {};
  int64_t pause_at = 0;  // above 0: training ends after this step, with a checkpoint to go on from
};

/// One optimizer step: given the rows of the step, adds up gradients and returns metrics ("loss", ...).
using AccumulateStep = std::function<Json(int64_t step, const std::vector<size_t>& rows)>;

/// The rows of `step`, shuffled anew in every epoch. A last batch of an epoch that is not full stays short,
/// or is filled from the next epoch by settings.fill_last_batch. A pure function, so resuming needs no state
/// of a sampler.
std::vector<size_t> rows_of_step(int64_t step, const TrainSettings& settings, size_t num_rows,
                                 const Seed& seed, bool shuffle = true);

/// `batch_size` rows, of all epochs one behind the other.
std::vector<size_t> streamed_rows(int64_t step, int64_t batch_size, size_t num_rows, const Seed& seed,
                                  bool shuffle = true);

/// Epochs done after `steps` steps, as TRL counts them: 2.5 is half of the third epoch's steps.
double epochs_of(int64_t steps, const TrainSettings& settings, size_t num_rows);

/// Optimizer steps that `settings` ask for over `num_rows` rows.
int64_t num_training_steps(const TrainSettings& settings, size_t num_rows);

/// Trains from the newest checkpoint in `files`, or from the start, to the end. Ctrl-C and SIGTERM end it
/// between two steps: the state is saved and Interrupted thrown. `label` names the progress bar.
void run_training(CausalLM& model, const TrainSettings& settings, size_t num_rows, const Seed& seed,
                  const TrainingFiles& files, const std::string& label, const AccumulateStep& accumulate,
                  bool shuffle = true);

/// Cuts `rows` into runs whose cost(row) stays within `budget`, in order; a row above it is a run of its own.
std::vector<std::vector<size_t>> micro_batches(const std::vector<size_t>& rows, int64_t budget,
                                               const std::function<int64_t(size_t)>& cost);

/// The dropout of one micro-batch, residual and of the model's adapters, or nothing where both are off.
std::optional<Dropout> make_dropout(const CausalLM& model, const TrainSettings& settings, const Seed& seed,
                                    int64_t step, int64_t micro_batch);

}  // namespace selfreward
