#include "base/yaml_map.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/text_util.h"
#include "base/yaml.h"

namespace selfreward {
namespace {

std::string line_of(const YAML::Node& node) {
  return str(", line ", node.Mark().line + 1, ": ");
}

[[noreturn]] void refuse(const std::string& place, const YAML::Node& found, const char* wanted) {
  fail(place, " is ", yaml_description(found), ", expected ", wanted);
}

}  // namespace

YamlMap::YamlMap(const YAML::Node& node, std::string where, std::string name)
    : node_(std::make_shared<const YAML::Node>(node)), where_(std::move(where)), name_(std::move(name)) {}

YamlMap YamlMap::read(const fs::path& file, const std::string& tag, const std::string& wanted) {
  const std::string where = tag + " " + file.string();
  const YAML::Node node = parse_yaml(read_file(file), where);
  const std::string found = node.IsScalar() ? "one text" : yaml_description(node);
  check(node.IsMap(), where, ": the file is ", found, ", expected ", wanted);
  return YamlMap(node, where, "");
}

void YamlMap::allow(const std::vector<std::string>& known) const {
  for (const auto& entry : *node_) {
    const std::string start = where_ + line_of(entry.first) + (name_.empty() ? "" : name_ + ": ");
    check(entry.first.IsScalar(), start, "a key is ", yaml_description(entry.first), ", expected text");
    const std::string key = entry.first.Scalar();
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    const std::string near = nearest(key, known);
    fail(start, "unknown key '", key, "'; ", near.empty() ? "known" : "did you mean '" + near + "'? Known",
         " are ", joined(known, ", "));
  }
}

bool YamlMap::has(const std::string& key) const {
  return (*node_)[key].IsDefined();
}

std::string YamlMap::text(const std::string& key) const {
  const YAML::Node node = value(key, "a text");
  if (!node.IsScalar()) refuse(place(key), node, "a text");
  return node.Scalar();
}

std::string YamlMap::text(const std::string& key, const std::string& otherwise) const {
  return has(key) ? text(key) : otherwise;
}

double YamlMap::number(const std::string& key, double otherwise) const {
  return has(key) ? number(key) : otherwise;
}

double YamlMap::number(const std::string& key) const {
  const YAML::Node node = value(key, "a number");
  double number = 0;
  if (!node.IsScalar() || !YAML::convert<double>::decode(node, number) || !std::isfinite(number))
    refuse(place(key), node, "a finite number");
  return number;
}

std::vector<std::string> YamlMap::texts(const std::string& key) const {
  const YAML::Node list = value(key, "a list of texts");
  if (!list.IsSequence()) refuse(place(key), list, "a list of texts");
  std::vector<std::string> texts;
  for (const YAML::Node& item : list) {
    if (!item.IsScalar())
      refuse(where_ + line_of(item) + named(str(key, "[", texts.size(), "]")), item, "a text");
    texts.push_back(item.Scalar());
  }
  return texts;
}

std::vector<YamlMap> YamlMap::maps(const std::string& key) const {
  const YAML::Node list = value(key, "a list");
  if (!list.IsSequence()) refuse(place(key), list, "a list");
  std::vector<YamlMap> maps;
  for (const YAML::Node& item : list) {
    const std::string name = named(str(key, "[", maps.size(), "]"));
    if (!item.IsMap()) refuse(where_ + line_of(item) + name, item, "keys and values");
    maps.push_back(YamlMap(item, where_, name));
  }
  return maps;
}

std::string YamlMap::place(const std::string& key) const {
  for (const auto& entry : *node_)
    if (entry.first.IsScalar() && entry.first.Scalar() == key)
      return where_ + line_of(entry.first) + named(key);
  return where_ + ": " + named(key);
}

std::string YamlMap::named(const std::string& key) const {
  return name_.empty() ? key : name_ + "." + key;
}

YAML::Node YamlMap::value(const std::string& key, const char* wanted) const {
  check(has(key), place(key), " is missing, expected ", wanted);
  return (*node_)[key];
}

}  // namespace selfreward
