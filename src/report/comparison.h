#pragma once
// Several runs beside each other, as one JSON object for the comparison page.
#include <vector>

#include "base/json.h"

namespace selfreward {

/// {runs: [{name, path, warnings, wall_seconds, max_score, evaluation, rounds, training}], settings: [{key,
/// values: [text or null, in the order of runs]}] of those that differ, run_dir aside}. Runs of one name are
/// told apart by their paths. Throws Error for fewer than two runs, for one that is given twice, and for a
/// directory without a config.yaml.
Json compare_runs(const std::vector<fs::path>& run_dirs);

}  // namespace selfreward
