#pragma once
// What SFT and DPO share: the order of the rows, steps with their learning rates, metrics, and a checkpoint
// of the training state from which a stopped run goes on to the same weights.
#include <optional>

#include "model/ops/dropout.h"
#include "train/optimizer.h"
#include "train/steps.h"
#include "train/training_files.h"

namespace selfreward {

/// Adds up the gradients of a step and returns its metrics ("loss", ...).
using AccumulateStep = std::function<Json(const TrainingStep& step)>;

/// Trains from the newest checkpoint in run.files, or from the start, to the end. Ctrl-C and SIGTERM end it
/// between two steps: the state is saved and Interrupted thrown. Without rows an Error.
void run_training(CausalLM& model, const TrainSettings& settings, size_t num_rows, const TrainingRun& run,
                  const AccumulateStep& accumulate);

/// The dropout of one micro-batch, residual and of the model's adapters, or nothing where both are off.
std::optional<Dropout> make_dropout(const CausalLM& model, const TrainSettings& settings,
                                    const TrainingStep& step, int64_t micro_batch);

}  // namespace selfreward
