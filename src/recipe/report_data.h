#pragma once
// What a report says in numbers, as one JSON object; report_contents.h adds the texts.
#include <optional>
#include <string>

#include "base/json.h"

namespace selfreward {

/// {name, max_score, setup, config, seed, evaluation, rounds, training, answers, warnings} out of the files
/// of the run that are there. Throws Error naming a file that is damaged.
Json collect_report(const fs::path& run_dir);

/// Out of run_dir/config.yaml: {setup: [{label, value}], monitor: {limits of the monitors}, beta}; only an
/// empty setup where there is no such file.
Json read_settings(const fs::path& run_dir);

/// run_dir/evaluation.json with `models` an array of named objects; an empty object when there is no file.
Json read_evaluation(const fs::path& run_dir);

/// The number at a JSON pointer ("/gold/sampled/mean"); empty if there is none.
std::optional<double> number_at(const Json& json, const std::string& pointer);

/// 3 of "M3"; empty for any other name.
std::optional<int64_t> model_number(const std::string& name);

/// The names of the directories in `dir`: others first by name, then M0, M1, ..., M10 by number.
std::vector<std::string> model_directories(const fs::path& dir);

}  // namespace selfreward
