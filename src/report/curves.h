#pragma once
// Training curves out of the metrics.jsonl of every stage, thinned to what a chart can show.
#include "base/json.h"
#include "run/paths.h"

namespace selfreward {

/// The lines of a metrics.jsonl in the order of their steps; of a step that was logged twice (a resumed run)
/// the last one. The file may be growing: half a line at its end is left out.
std::vector<Json> read_metrics(const fs::path& path);

/// What the monitors look at of metric lines in the order of their steps (at least one): {logged,
/// not_a_number, loss_ends, chosen_logps_ends, mean_reward_end}; *_ends are means over the first and the last
/// tenth, mean_reward_end is that of rewards/chosen and rewards/rejected over the last one.
Json training_ends(const std::vector<Json>& rows);

/// [{name, steps, points_of, (what training_ends gives), series: {step: [...], loss: [...], ...}}] for
/// every training of the run, the SFT baseline first. A series has at most 400 points, each the mean of
/// `points_of` logged steps.
Json read_training_curves(const RunPaths& run);

}  // namespace selfreward
