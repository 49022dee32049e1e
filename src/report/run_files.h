#pragma once
// The small files of a run as the report reads them, damaged ones named.
#include <string>
#include <vector>

#include "base/json.h"
#include "run/paths.h"

namespace selfreward {

/// An object out of a file that the page gets as it is; the depth is bounded because writing it recurses. An
/// empty one where there is no such file.
Json read_object_if_there(const fs::path& path);

/// Out of the run's config.yaml: {setup: [{label, value}], monitor: {limits of the monitors}, beta}; only an
/// empty setup where there is no such file.
Json read_settings(const RunPaths& run);

/// The run's evaluation.json with `models` an array of named objects; an empty object when there is no file.
Json read_evaluation(const RunPaths& run);

/// The names of the directories in `dir`: others first by name, then M0, M1, ..., M10 by number.
std::vector<std::string> model_directories(const fs::path& dir);
/// The numbers t of the directories M{t} of the run, in their order.
std::vector<int64_t> numbers_of_models(const RunPaths& run);

}  // namespace selfreward
