// Settings from YAML and from the command line ("dpo.beta=0.3"). Every error says where the value stands.
#include <set>

#include "base/shipped_files.h"
#include "base/text_util.h"
#include "base/yaml.h"
#include "config/assign.h"
#include "config/rules.h"

namespace selfreward {
namespace {

std::string description(const YAML::Node& node) {
  return node.IsMap() ? "a group of settings" : yaml_description(node);
}

class Loader {
 public:
  explicit Loader(RunConfig& config) : fields_(list_fields(config)) {}

  void read_yaml(const fs::path& path);
  /// `setting` is "key=value".
  void override_with(const std::string& setting);

 private:
  void read_section(const YAML::Node& section, const std::string& name);
  void set(const Field& field, const YAML::Node& node, const std::string& where);
  void set_text(const Field& field, const std::string& text, bool plain, const std::string& where);
  void extend_list(const Field& field, const std::string& text, const std::string& where);
  const Field& find(const std::string& key, const std::string& where) const;
  std::string suggestion(const std::string& key) const;
  std::vector<std::string> keys(const std::string& parent) const;
  std::string place(const YAML::Node& node) const;

  std::vector<Field> fields_;
  std::string file_;
  std::set<std::string> begun_lists_;  // lists that overrides have replaced and now extend
};

void Loader::read_yaml(const fs::path& path) {
  file_ = path.string();
  read_section(parse_yaml(read_file(path), "[config] " + file_), "");
}

void Loader::read_section(const YAML::Node& section, const std::string& name) {
  if (section.IsNull()) return;  // every line of it is commented out
  check(section.IsMap(), place(section), name.empty() ? "the file" : name, " is ", description(section),
        ", expected settings below it");
  for (const auto& entry : section) {
    const std::string where = place(entry.first);
    check(entry.first.IsScalar(), where, "a name of a setting is ", description(entry.first),
          ", expected text");
    const std::string leaf = entry.first.Scalar();
    const std::string key = name.empty() ? leaf : str(name, '.', leaf);
    check(
        leaf.find('.') == std::string::npos, where, key,
        " is written with a dot: that is for --set; in a file the part behind the dot stands indented below");
    const Field& field = find(key, where);
    if (field.is_section()) {
      read_section(entry.second, key);
    } else {
      set(field, entry.second, where);
    }
  }
}

void Loader::set(const Field& field, const YAML::Node& node, const std::string& where) {
  const std::string wanted = str(", expected ", type_and_rule(field));
  if (auto* const* list = std::get_if<std::vector<std::string>*>(&field.value)) {
    check(node.IsSequence(), where, field.key, " is ", description(node), wanted, ": [a, b]");
    (*list)->clear();
    for (const auto& item : node) {
      check(item.IsScalar(), where, "an item of ", field.key, " is ", description(item), wanted);
      (*list)->push_back(expand_text(item.Scalar(), where + field.key + ": "));
    }
  } else {
    check(node.IsScalar(), where, field.key, " is ", description(node), wanted);
    set_text(field, node.Scalar(), /*plain=*/node.Tag() != "!", where);
  }
}

void Loader::set_text(const Field& field, const std::string& text, bool plain, const std::string& where) {
  const bool ok = assign(field.value, text, plain, where + field.key + ": ");
  check(ok, where, field.key, " is \"", text, "\", expected ", type_and_rule(field),
        plain ? "" : ", without quotes");
  check_field(field, where);
}

/// The first bare value replaces the list of the file, the next ones are added to it.
void Loader::extend_list(const Field& field, const std::string& text, const std::string& where) {
  auto& list = *std::get<std::vector<std::string>*>(field.value);
  if (begun_lists_.insert(field.key).second) list.clear();
  if (!text.starts_with("[")) {
    list.push_back(expand_text(text, where + field.key + ": "));
    return;
  }
  const std::vector<std::string> before = list;
  set(field, parse_yaml(text, "[config] --set " + field.key), where);
  list.insert(list.begin(), before.begin(), before.end());
}

void Loader::override_with(const std::string& setting) {
  const size_t equals = setting.find('=');
  check(equals != std::string::npos && equals > 0, "[config] --set ", setting, ": expected KEY=VALUE, as in ",
        "--set dpo.beta=0.3");
  const std::string where = "[config] --set " + setting + ": ";
  const std::string text = setting.substr(equals + 1);
  const Field& field = find(strip(setting.substr(0, equals)), where);
  if (field.is_section())
    fail(where, field.key, " is a group of settings, expected one of it, as in --set ",
         keys(field.key).front(), "=VALUE");
  if (std::holds_alternative<std::vector<std::string>*>(field.value)) {
    extend_list(field, strip(text), where);
  } else {
    const bool is_text = std::holds_alternative<std::string*>(field.value);
    set_text(field, is_text ? text : strip(text), /*plain=*/true, where);
  }
}

const Field& Loader::find(const std::string& key, const std::string& where) const {
  for (const Field& field : fields_)
    if (field.key == key) return field;
  const std::string near = suggestion(key);
  fail(where, key, " is not a setting", near.empty() ? "" : "; did you mean " + near + "?",
       near.empty() ? " (docs/configuration.md lists them)" : "");
}

/// A misspelt name in the right section, a right name in the wrong section, or a misspelt section.
std::string Loader::suggestion(const std::string& key) const {
  std::vector<std::string> leaves, same_leaf, inside;
  for (const std::string& sibling : keys(parent_key(key))) leaves.push_back(leaf_key(sibling));
  const std::string prefix = parent_key(key).empty() ? "" : parent_key(key) + ".";
  const std::string leaf = nearest(leaf_key(key), leaves);
  if (!leaf.empty()) return prefix + leaf;
  std::vector<std::string> all;
  for (const Field& field : fields_) {
    all.push_back(field.key);
    if (leaf_key(field.key) != leaf_key(key)) continue;
    same_leaf.push_back(field.key);
    if (field.key.starts_with(prefix)) inside.push_back(field.key);
  }
  if (!inside.empty()) return inside.front();
  if (const std::string near = nearest(key, same_leaf); !near.empty()) return near;
  return same_leaf.size() == 1 ? same_leaf.front() : nearest(key, all);
}

/// The full keys right below a section ("" is the top level).
std::vector<std::string> Loader::keys(const std::string& parent) const {
  std::vector<std::string> result;
  for (const Field& field : fields_)
    if (parent_key(field.key) == parent) result.push_back(field.key);
  return result;
}

std::string Loader::place(const YAML::Node& node) const {
  return str("[config] ", file_, ", line ", node.Mark().line + 1, ": ");
}

/// A path that is not here may be of a file that comes with the program.
void find_shipped_files(RunConfig& config) {
  for (const Field& field : list_fields(config)) {
    if (!is_path_setting(field.key)) continue;
    const char* folder = field.key.ends_with("rubric") ? "rubrics" : "";
    if (auto* const* path = std::get_if<std::string*>(&field.value)) **path = or_shipped(**path, folder);
    if (auto* const* paths = std::get_if<std::vector<std::string>*>(&field.value))
      for (std::string& path : **paths) path = or_shipped(path);
  }
}

}  // namespace

RunConfig load_config(const fs::path& yaml, const std::vector<std::string>& overrides) {
  RunConfig config;
  Loader loader(config);
  if (!yaml.empty()) loader.read_yaml(yaml);
  for (const std::string& setting : overrides) loader.override_with(setting);
  find_shipped_files(config);
  validate(config);
  return config;
}

}  // namespace selfreward
