#pragma once
// Which rows a training step takes, and how they are cut into micro-batches. Pure functions.
#include <functional>
#include <vector>

#include "base/seed.h"
#include "train/settings.h"

namespace selfreward {

/// One optimizer step.
struct TrainingStep {
  int64_t number;            // from 0
  std::vector<size_t> rows;  // those that it takes, as indices
  Seed seed;                 // of the whole training
};

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

/// Cuts `rows` into runs whose cost(row) stays within `budget`, in order; a row above it is a run of its own.
std::vector<std::vector<size_t>> micro_batches(const std::vector<size_t>& rows, int64_t budget,
                                               const std::function<int64_t(size_t)>& cost);

}  // namespace selfreward
