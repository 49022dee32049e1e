#include "report/curves.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <map>

#include "base/format.h"
#include "report/run_files.h"

namespace selfreward {
namespace {

constexpr size_t kMaxPoints = 400;
constexpr std::array kSeries{"step",
                             "loss",
                             "learning_rate",
                             "grad_norm",
                             "nll_loss",
                             "replay_loss",
                             "logps/chosen",
                             "logps/rejected",
                             "rewards/chosen",
                             "rewards/rejected",
                             "rewards/margins",
                             "rewards/accuracies"};

using Rows = std::vector<Json>;  // ordered by step

/// Five significant digits: the eye sees no more, and the file stays small.
Json shortened(double value) {
  if (!std::isfinite(value)) return nullptr;
  return std::strtod(significant(value, 5).c_str(), nullptr);
}

const Json* find(const Json& row, const char* key) {
  const auto it = row.find(key);
  return it == row.end() ? nullptr : &*it;
}

/// The mean of `key` over rows [begin, end); null where no row has a number.
Json mean_of(const Rows& rows, const char* key, size_t begin, size_t end) {
  double sum = 0;
  int64_t count = 0;
  for (size_t i = begin; i < end; ++i) {
    const Json* value = find(rows[i], key);
    if (!value || !value->is_number()) continue;
    sum += value->get<double>();
    ++count;
  }
  return count ? shortened(sum / static_cast<double>(count)) : Json();
}

Json thinned(const Rows& rows, const char* key, size_t points_of) {
  Json series = Json::array();
  for (size_t i = 0; i < rows.size(); i += points_of)
    series.push_back(mean_of(rows, key, i, std::min(rows.size(), i + points_of)));
  return series;
}

Json curves_of(const std::string& name, const Rows& rows) {
  const size_t points_of = (rows.size() + kMaxPoints - 1) / kMaxPoints;
  Json series = Json::object();
  for (const char* key : kSeries)
    if (std::any_of(rows.begin(), rows.end(), [&](const Json& row) { return row.contains(key); }))
      series[key] = thinned(rows, key, points_of);
  Json curves{{"name", name}, {"steps", rows.back()["step"]}, {"points_of", points_of}};
  curves.update(training_ends(rows));
  curves["series"] = series;
  return curves;
}

}  // namespace

std::vector<Json> read_metrics(const fs::path& path) {
  const auto lines = read_lines(path);
  std::map<double, Json> by_step;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].empty()) continue;
    if (i + 1 == lines.size() && !Json::accept(lines[i])) break;
    const std::string where = str(path.string(), ", line ", i + 1);
    const Json row = parse_json(lines[i], where);
    const auto step = number_at(row, "/step");
    check(step.has_value(), "[report] ", where, " has no number 'step'; was the file edited?");
    by_step[*step].update(row);  // a comparison of early stopping has the step of a training line
  }
  Rows rows;
  for (auto& [step, row] : by_step) rows.push_back(std::move(row));
  return rows;
}

Json training_ends(const std::vector<Json>& rows) {
  const size_t tenth = rows.size() / 10 + 1;
  const auto ends = [&](const char* key) {
    return Json::array({mean_of(rows, key, 0, tenth), mean_of(rows, key, rows.size() - tenth, rows.size())});
  };
  const auto bad_losses = std::count_if(rows.begin(), rows.end(), [](const Json& row) {
    const Json* loss = find(row, "loss");
    return loss && !loss->is_number();
  });
  const Json chosen = ends("rewards/chosen")[1], rejected = ends("rewards/rejected")[1];
  Json result{{"logged", rows.size()},
              {"not_a_number", bad_losses},
              {"loss_ends", ends("loss")},
              {"chosen_logps_ends", ends("logps/chosen")}};
  if (chosen.is_number() && rejected.is_number())
    result["mean_reward_end"] = (chosen.get<double>() + rejected.get<double>()) / 2;
  return result;
}

Json read_training_curves(const RunPaths& run) {
  Json stages = Json::array();
  for (const std::string& name : model_directories(run.trainings())) {
    const fs::path path = run.training(name).metrics();
    if (!fs::exists(path)) continue;
    const Rows rows = read_metrics(path);
    if (!rows.empty()) stages.push_back(curves_of(name, rows));
  }
  return stages;
}

}  // namespace selfreward
