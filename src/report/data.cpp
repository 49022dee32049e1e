#include "report/data.h"

#include <fstream>

#include "base/paths.h"
#include "report/curves.h"
#include "report/run_files.h"
#include "report/samples.h"
#include "report/warnings.h"

namespace selfreward {
namespace {

constexpr double kDefaultMaxScore = 5;  // of the additive rubric

int64_t count_rows(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  int64_t rows = 0;
  for (std::string line; std::getline(in, line);) rows += !line.empty();
  return rows;
}

/// round.json; of a round that is under way, the number of records that are there.
Json read_round(const RunPaths& run, int64_t t) {
  Json round = read_object_if_there(run.round_summary(t));
  const fs::path preferences = run.round_records(t, "preferences");
  if (round.empty()) {
    round["unfinished"] = true;
    for (const auto& [key, file] :
         {std::pair("prompts", run.round_records(t, "prompts")),
          std::pair("candidates", run.round_records(t, "candidates")), std::pair("pairs", preferences)})
      if (fs::exists(file)) round[key] = count_rows(file);
  }
  const Json read = read_object_if_there(run.round_monitors(t));
  for (const auto& [stage, monitors] : read.items())
    if (monitors.is_object() && monitors.value("figures", Json()).is_object())
      round.update(monitors["figures"]);
  round["t"] = t;
  round["preferences"] = pair_totals(preferences);
  return round;
}

Json read_rounds(const RunPaths& run) {
  Json rounds = Json::array();
  for (const int64_t t : numbers_of_models(run))
    if (run.has_round(t)) rounds.push_back(read_round(run, t));
  return rounds;
}

}  // namespace

Json collect_report(const fs::path& run_dir) {
  check(fs::is_directory(run_dir), "[report] ", run_dir.string(),
        " is not a directory; a run directory is wanted");
  const RunPaths run(run_dir);
  Json report{{"name", directory_name(fs::absolute(run_dir))}, {"setup", Json::array()}};
  if (fs::exists(run.settings())) report["config"] = read_file(run.settings());
  report.update(read_settings(run));
  report["seed"] = read_object_if_there(run.seed_summary());
  report["evaluation"] = read_evaluation(run);
  report["max_score"] = number_at(report, "/evaluation/max_score").value_or(kDefaultMaxScore);
  report["rounds"] = read_rounds(run);
  report["training"] = read_training_curves(run);
  for (Json& stage : report["training"]) stage["beta"] = report.value("beta", Json());
  report["answers"] = sample_answers(run);
  report["warnings"] = find_warnings(report);
  return report;
}

}  // namespace selfreward
