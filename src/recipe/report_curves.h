#pragma once
// Training curves out of the metrics.jsonl of every stage, thinned to what a chart can show.
#include "base/json.h"

namespace selfreward {

/// [{name, steps, points_of, not_a_number, loss_ends, chosen_logps_ends, series: {step: [...], loss: [...],
/// ...}}] for training/NAME/metrics.jsonl, the SFT baseline first; *_ends are means over the first and last
/// tenth. A series has at most 400 points, each the mean of `points_of` logged steps; a step that was logged
/// twice (a resumed run) counts as logged last.
Json read_training_curves(const fs::path& training_dir);

}  // namespace selfreward
