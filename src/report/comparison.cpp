#include "report/comparison.h"

#include <set>

#include "report/contents.h"
#include "report/settings.h"
#include "run/paths.h"

namespace selfreward {
namespace {

using Settings = std::map<std::string, std::string>;

void check_runs(const std::vector<fs::path>& run_dirs) {
  check(run_dirs.size() >= 2, "[report] a comparison needs two runs or more; ", run_dirs.size(), " given");
  std::set<fs::path> seen;
  for (const fs::path& dir : run_dirs) {
    check(fs::is_directory(dir), "[report] ", dir.string(), " is not a directory; a run directory is wanted");
    check(fs::exists(RunPaths(dir).settings()), "[report] ", dir.string(),
          " has no config.yaml; is it the directory of a run?");
    check(seen.insert(fs::canonical(dir)).second, "[report] the run ", dir.string(), " is given twice");
  }
}

/// What a comparison shows of a run: its numbers, not its texts.
Json run_of(const fs::path& dir) {
  const Json report = run_summary(dir);
  Json run{{"path", dir.string()}};
  for (const char* key :
       {"name", "warnings", "wall_seconds", "max_score", "evaluation", "rounds", "training"})
    run[key] = report.value(key, Json());
  return run;
}

void tell_apart(Json& runs) {
  std::map<std::string, int64_t> count;
  for (const Json& run : runs) ++count[run["name"].get<std::string>()];
  for (Json& run : runs)
    if (count[run["name"].get<std::string>()] > 1) run["name"] = run["path"];
}

Json differing_settings(const std::vector<Settings>& runs) {
  std::set<std::string> keys;
  for (const Settings& settings : runs)
    for (const auto& [key, value] : settings) keys.insert(key);
  keys.erase("run_dir");
  Json list = Json::array();
  for (const std::string& key : keys) {
    Json values = Json::array();
    bool differ = false;
    const std::string first = runs[0].contains(key) ? runs[0].at(key) : "";
    for (const Settings& settings : runs) {
      const bool there = settings.contains(key);
      values.push_back(there ? Json(settings.at(key)) : Json());
      differ = differ || there != runs[0].contains(key) || (there && !same_setting(settings.at(key), first));
    }
    if (differ) list.push_back({{"key", key}, {"values", std::move(values)}});
  }
  return list;
}

}  // namespace

Json compare_runs(const std::vector<fs::path>& run_dirs) {
  check_runs(run_dirs);
  Json runs = Json::array();
  std::vector<Settings> settings;
  for (const fs::path& dir : run_dirs) {
    runs.push_back(run_of(dir));
    const fs::path config = RunPaths(dir).settings();
    settings.push_back(flat_settings(read_file(config), config.string()));
  }
  tell_apart(runs);
  return Json{{"runs", std::move(runs)}, {"settings", differing_settings(settings)}};
}

}  // namespace selfreward
