#pragma once
// All that the page of a run shows; the scripts of page/ draw it and know nothing else.
#include "base/json.h"

namespace selfreward {

/// collect_report (data.h) with the warnings of the monitors, {version, wall_seconds}.
Json run_summary(const fs::path& run_dir);

/// run_summary with {changed, histograms, texts, no_seeds, pairs}: the settings that differ from the defaults
/// and the texts of the rounds. Throws Error naming a file that is damaged.
Json report_contents(const fs::path& run_dir);

}  // namespace selfreward
