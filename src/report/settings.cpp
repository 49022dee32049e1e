#include "report/settings.h"

#include <chrono>
#include <cmath>
#include <cstdlib>

#include "base/yaml.h"
#include "config/config.h"

namespace selfreward {
namespace {

using Settings = std::map<std::string, std::string>;

std::string list_text(const YAML::Node& list) {
  std::string text;
  for (const YAML::Node& item : list)
    if (item.IsScalar()) text += str(text.empty() ? "" : ", ", item.Scalar());
  return "[" + text + "]";
}

void flatten(const YAML::Node& node, const std::string& key, Settings& settings) {
  if (node.IsScalar()) settings[key] = node.Scalar();
  if (node.IsSequence()) settings[key] = list_text(node);
  if (!node.IsMap()) return;
  for (const auto& member : node) {
    const std::string name = member.first.Scalar();
    flatten(member.second, key.empty() ? name : str(key, ".", name), settings);
  }
}

std::optional<double> number_of(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0') return std::nullopt;
  return value;
}

/// Takes the settings of one section out of all of them.
struct FromFlat {
  const Settings& settings;
  void operator()(const char* name, std::string& value, const char*) const {
    if (const auto found = settings.find(str("pairs.", name)); found != settings.end()) value = found->second;
  }
  void operator()(const char* name, double& value, const char*) const {
    if (const auto found = settings.find(str("pairs.", name)); found != settings.end())
      value = number_of(found->second).value_or(value);
  }
};

bool is_of_the_run(const fs::path& path) {
  for (const char* extension : {".json", ".jsonl", ".safetensors", ".yaml"})
    if (path.extension() == extension) return true;
  return false;
}

}  // namespace

Settings flat_settings(const std::string& yaml, const std::string& where) {
  Settings settings;
  flatten(parse_yaml(yaml, "[report] " + where), "", settings);
  return settings;
}

bool same_setting(const std::string& a, const std::string& b) {
  const auto x = number_of(a), y = number_of(b);
  return a == b || (x && y && *x == *y);
}

Json changed_settings(const Settings& settings) {
  const Settings defaults = flat_settings(dump_config(RunConfig()), "the defaults");
  Json changed = Json::array();
  for (const auto& [key, value] : settings) {
    const auto standard = defaults.find(key);
    const bool known = standard != defaults.end();
    if (key == "run_dir" || (known && same_setting(value, standard->second))) continue;
    changed.push_back({{"key", key}, {"value", value}, {"default", known ? Json(standard->second) : Json()}});
  }
  return changed;
}

PairSettings pair_settings(const Settings& settings) {
  PairSettings pairs;
  FromFlat fields{settings};
  pairs.visit(fields);
  return pairs;
}

std::optional<double> wall_seconds(const fs::path& run_dir) {
  std::optional<fs::file_time_type> first, last;
  for (const auto& entry : fs::recursive_directory_iterator(run_dir)) {
    if (!entry.is_regular_file() || !is_of_the_run(entry.path())) continue;
    const fs::file_time_type time = entry.last_write_time();
    if (!first || time < *first) first = time;
    if (!last || time > *last) last = time;
  }
  if (!first) return std::nullopt;
  const double seconds = std::chrono::duration<double>(*last - *first).count();
  return seconds < 1 ? std::nullopt : std::optional(std::round(seconds));
}

}  // namespace selfreward
