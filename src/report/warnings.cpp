#include "report/warnings.h"

#include "monitor/rules.h"

namespace selfreward {
namespace {

/// Takes the limits of a run out of report["monitor"], an object of numbers; what is not there stays as it
/// is.
struct LimitReader {
  const Json& limits;
  void operator()(const char* name, double& limit, const char*) const {
    limit = number_at(limits, str("/", name)).value_or(limit);
  }
  void operator()(const char*, std::vector<std::string>&, const char*) const {}
};

void add(Json& warnings, const std::string& where, const Readings& readings) {
  for (const Reading& reading : readings)
    if (!reading.warning.empty()) warnings.push_back({{"where", where}, {"text", reading.warning}});
}

}  // namespace

Json find_warnings(const Json& report) {
  MonitorSettings limits;
  LimitReader reader{report.value("monitor", Json::object())};
  limits.visit(reader);
  Json warnings = Json::array();
  for (const Json& round : report["rounds"]) {
    const std::string where = str("Round ", round["t"].get<int64_t>());
    for (const auto& readings : {prompt_readings, candidate_readings, judgement_readings, pair_readings})
      add(warnings, where, readings(round, limits));
  }
  for (const Json& stage : report["training"])
    add(warnings, "Training " + stage["name"].get<std::string>(), training_readings(stage, limits));
  const Json& evaluation = report["evaluation"];
  if (evaluation.empty() || evaluation["models"].empty()) return warnings;
  add(warnings, evaluation["models"].back()["name"].get<std::string>(),
      evaluation_readings(evaluation, limits));
  return warnings;
}

}  // namespace selfreward
