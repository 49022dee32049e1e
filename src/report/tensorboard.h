#pragma once
// The run for TensorBoard (report_to: tensorboard): training/NAME has the lines of metrics.jsonl under the
// tags that transformers gives them (train/loss, train/rewards/chosen, ...), the run directory the rounds.
// Every file is a function of the files of the run: a run that goes on leaves no step twice.
#include <fstream>

#include "run/paths.h"

namespace selfreward {

/// The event file of a training that is under way.
class TrainingEvents {
 public:
  /// Begins the file in `dir` anew.
  explicit TrainingEvents(const fs::path& dir);
  /// Adds a line of metrics.jsonl.
  void add(const Json& line);

 private:
  std::ofstream file_;
};

/// The event file of a finished training, out of its metrics.jsonl.
void write_training_events(const TrainingFiles& files);

/// The run's own event file. By round: the numbers of round.json (round/...), what the monitors read
/// (monitor/...), histograms of scores and of answers' lengths. By model: those of evaluation.json
/// (evaluation/...).
void write_round_events(const RunPaths& run);

}  // namespace selfreward
