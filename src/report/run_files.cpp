#include "report/run_files.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/json_reason.h"
#include "base/yaml.h"
#include "config/monitor_settings.h"

namespace selfreward {
namespace {

constexpr int kMaxDepth = 32;

/// What the head of the report says about the settings: label and dotted key of config.yaml.
constexpr std::array<std::pair<const char*, const char*>, 24> kSetup{{
    {"Starting model", "model.model_name_or_path"},
    {"Seed", "seed"},
    {"Judge", "judge.kind"},
    {"Judging", "judge.form"},
    {"Scores read as", "judge.read"},
    {"Rubric", "judge.rubric"},
    {"Replies per answer", "judge.num_evals_to_average"},
    {"Answers per prompt", "candidates.num_generations"},
    {"New prompts per round", "prompts.num_prompts"},
    {"Prompts from", "prompts.file"},
    {"Prompts written by", "prompts.source"},
    {"Judging examples", "eft.source"},
    {"Training method", "dpo.method"},
    {"SFT learning rate", "sft.learning_rate"},
    {"DPO learning rate", "dpo.train.learning_rate"},
    {"DPO beta", "dpo.beta"},
    {"NLL weight", "dpo.rpo_alpha"},
    {"Replay batch", "dpo.replay_batch_size"},
    {"Compute", "model.dtype"},
    {"LoRA rank", "lora.r"},
    {"LoRA alpha", "lora.lora_alpha"},
    {"LoRA dropout", "lora.lora_dropout"},
    {"LoRA matrices", "lora.target_modules"},
    {"rsLoRA", "lora.use_rslora"},
}};

/// A value, or a list of values as "q_proj, v_proj".
std::optional<std::string> value_at(const YAML::Node& node, const std::string& key) {
  if (!node.IsMap()) return std::nullopt;
  const size_t dot = key.find('.');
  const YAML::Node child = node[key.substr(0, dot)];
  if (!child) return std::nullopt;
  if (dot != std::string::npos) return value_at(child, key.substr(dot + 1));
  if (child.IsScalar()) return child.Scalar();
  if (!child.IsSequence()) return std::nullopt;
  std::string list;
  for (const YAML::Node& item : child)
    if (item.IsScalar()) list += (list.empty() ? "" : ", ") + item.Scalar();
  return list;
}

/// What the head of the report says about a run's settings: the adapter's where there is one, and who wrote
/// the prompts or which file has them.
Json setup_of(const YAML::Node& config) {
  Json setup = Json::array();
  const bool adapters = value_at(config, "lora.r").value_or("0") != "0";
  const bool given = !value_at(config, "prompts.file").value_or("").empty();
  for (const auto& [label, name] : kSetup) {
    const std::string key = name;
    if (key.starts_with("lora.") && !adapters) continue;
    if (key == (given ? "prompts.source" : "prompts.file")) continue;
    if (const auto value = value_at(config, key)) setup.push_back({{"label", label}, {"value", *value}});
  }
  return setup;
}

/// The limits of the monitors, for find_warnings.
struct LimitLister {
  const YAML::Node& config;
  Json limits = Json::object();
  void operator()(const char* name, double&, const char*) {
    const auto text = value_at(config, str("monitor.", name));
    if (text) limits[name] = std::strtod(text->c_str(), nullptr);
  }
  void operator()(const char*, std::vector<std::string>&, const char*) {}
};

Json read_object(const fs::path& path) {
  const auto bounded = [&](int depth, Json::parse_event_t, Json&) {
    check(depth <= kMaxDepth, "[report] ", path.string(), " is nested deeper than ", kMaxDepth);
    return true;
  };
  try {
    Json json = Json::parse(read_file(path), bounded);
    check(json.is_object(), "[report] ", path.string(), " is not a JSON object; was it edited?");
    return json;
  } catch (const nlohmann::json::exception& e) {
    fail("[report] ", path.string(), " is not valid JSON: ", reason_of(e));
  }
}

}  // namespace

Json read_object_if_there(const fs::path& path) {
  return fs::exists(path) ? read_object(path) : Json::object();
}

std::vector<std::string> model_directories(const fs::path& dir) {
  std::set<std::pair<int64_t, std::string>> order;
  if (fs::is_directory(dir))
    for (const auto& entry : fs::directory_iterator(dir)) {
      const std::string name = entry.path().filename().string();
      if (entry.is_directory()) order.emplace(model_number(name).value_or(-1), name);
    }
  std::vector<std::string> names;
  for (const auto& [number, name] : order) names.push_back(name);
  return names;
}

std::vector<int64_t> numbers_of_models(const RunPaths& run) {
  std::vector<int64_t> numbers;
  for (const std::string& name : model_directories(run.root()))
    if (const auto t = model_number(name)) numbers.push_back(*t);
  return numbers;
}

Json read_evaluation(const RunPaths& run) {
  const fs::path path = run.evaluation_summary();
  Json evaluation = read_object_if_there(path);
  if (evaluation.empty()) return evaluation;
  const auto models = evaluation.find("models");
  const bool named = models != evaluation.end() && models->is_array() &&
                     std::all_of(models->begin(), models->end(), [](const Json& model) {
                       return model.is_object() && model.contains("name") && model["name"].is_string();
                     });
  check(named, "[report] ", path.string(),
        ": 'models' is not an array of objects with a name; was it edited?");
  return evaluation;
}

Json read_settings(const RunPaths& run) {
  const fs::path path = run.settings();
  if (!fs::exists(path)) return {{"setup", Json::array()}};
  const YAML::Node config = parse_yaml(read_file(path), "[report] " + path.string());
  LimitLister lister{config};
  MonitorSettings().visit(lister);
  const auto beta = value_at(config, "dpo.beta");
  return {{"setup", setup_of(config)},
          {"monitor", lister.limits},
          {"beta", beta ? Json(std::strtod(beta->c_str(), nullptr)) : Json()}};
}

}  // namespace selfreward
