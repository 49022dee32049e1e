#pragma once
// What a report says in numbers, as one JSON object; contents.h adds the texts.
#include <optional>
#include <string>

#include "base/json.h"

namespace selfreward {

/// {name, max_score, setup, config, seed, evaluation, rounds, training, answers, warnings} out of the files
/// of the run that are there. Throws Error naming a file that is damaged.
Json collect_report(const fs::path& run_dir);

}  // namespace selfreward
