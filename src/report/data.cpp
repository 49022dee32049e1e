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
Json read_round(const fs::path& dir, int64_t t) {
  Json round = read_object_if_there(dir / "round.json");
  if (round.empty()) {
    round["unfinished"] = true;
    for (const auto& [key, file] :
         {std::pair("prompts", "prompts.jsonl"), std::pair("candidates", "candidates.jsonl"),
          std::pair("pairs", "preferences.jsonl")})
      if (fs::exists(dir / file)) round[key] = count_rows(dir / file);
  }
  const Json read = read_object_if_there(dir / "monitors.json");
  for (const auto& [stage, monitors] : read.items())
    if (monitors.is_object() && monitors.value("figures", Json()).is_object())
      round.update(monitors["figures"]);
  round["t"] = t;
  round["preferences"] = pair_totals(dir);
  return round;
}

Json read_rounds(const fs::path& run_dir) {
  Json rounds = Json::array();
  for (const std::string& name : model_directories(run_dir)) {
    const auto t = model_number(name);
    if (!t) continue;
    const fs::path dir = run_dir / name;
    if (fs::exists(dir / "round.json") || fs::exists(dir / "prompts.jsonl"))
      rounds.push_back(read_round(dir, *t));
  }
  return rounds;
}

}  // namespace

Json collect_report(const fs::path& run_dir) {
  check(fs::is_directory(run_dir), "[report] ", run_dir.string(),
        " is not a directory; a run directory is wanted");
  Json report{{"name", directory_name(fs::absolute(run_dir))}, {"setup", Json::array()}};
  if (const fs::path path = run_dir / "config.yaml"; fs::exists(path)) report["config"] = read_file(path);
  report.update(read_settings(run_dir));
  report["seed"] = read_object_if_there(run_dir / "seed" / "summary.json");
  report["evaluation"] = read_evaluation(run_dir);
  report["max_score"] = number_at(report, "/evaluation/max_score").value_or(kDefaultMaxScore);
  report["rounds"] = read_rounds(run_dir);
  report["training"] = read_training_curves(run_dir / "training");
  for (Json& stage : report["training"]) stage["beta"] = report.value("beta", Json());
  report["answers"] = sample_answers(run_dir / "evaluation");
  report["warnings"] = find_warnings(report);
  return report;
}

}  // namespace selfreward
