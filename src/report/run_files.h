#pragma once
// The small files of a run as the report reads them, damaged ones named.
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"

namespace selfreward {

/// An object out of a file that the page gets as it is; the depth is bounded because writing it recurses. An
/// empty one where there is no such file.
Json read_object_if_there(const fs::path& path);

/// Out of run_dir/config.yaml: {setup: [{label, value}], monitor: {limits of the monitors}, beta}; only an
/// empty setup where there is no such file.
Json read_settings(const fs::path& run_dir);

/// run_dir/evaluation.json with `models` an array of named objects; an empty object when there is no file.
Json read_evaluation(const fs::path& run_dir);

/// 3 of "M3"; empty for any other name.
std::optional<int64_t> model_number(const std::string& name);

/// The names of the directories in `dir`: others first by name, then M0, M1, ..., M10 by number.
std::vector<std::string> model_directories(const fs::path& dir);

}  // namespace selfreward
