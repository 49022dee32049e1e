#include "base/yaml.h"

#include <yaml-cpp/eventhandler.h>

#include <map>
#include <vector>

#include "base/error.h"

namespace selfreward {
namespace {

/// Checks what YAML::Load takes in silence. It stops behind the first document (and YAML::LoadAll of yaml-cpp
/// 0.7 never returns where a bracket too many stands there), and of equal keys the first one is found.
class StrictReader : public YAML::EventHandler {
 public:
  explicit StrictReader(const std::string& where) : where_(where) {}
  /// Where the documents start that were read.
  const std::vector<YAML::Mark>& starts() const { return starts_; }

  void OnDocumentStart(const YAML::Mark& mark) override { starts_.push_back(mark); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override { begin_node(); }
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override { begin_node(); }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                const std::string& text) override {
    if (begin_node()) set_key(text, mark.line + 1);
  }
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    begin_node();
    open_.push_back({/*is_map=*/false, /*at_key=*/false, "", {}});
  }
  void OnSequenceEnd() override { open_.pop_back(); }
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
    begin_node();
    open_.push_back({/*is_map=*/true, /*at_key=*/true, "", {}});
  }
  void OnMapEnd() override { open_.pop_back(); }

 private:
  /// A list or map that has begun and not ended.
  struct Level {
    bool is_map, at_key;               // at_key: the next node of the map is a key
    std::string key;                   // of the value that comes next, or came last
    std::map<std::string, int> lines;  // of the keys so far
  };

  /// Returns whether the node that begins is a key.
  bool begin_node() {
    if (open_.empty() || !open_.back().is_map) return false;
    Level& map = open_.back();
    map.key = map.at_key ? "" : map.key;
    map.at_key = !map.at_key;
    return !map.at_key;
  }

  void set_key(const std::string& key, int line) {
    open_.back().key = key;
    const auto [earlier, is_new] = open_.back().lines.emplace(key, line);
    check(is_new, where_, ", line ", line, ": ", dotted_key(), " is set a second time, after line ",
          earlier->second);
  }

  /// "dpo.train.steps": the keys on the way to the last one.
  std::string dotted_key() const {
    std::string path;
    for (const Level& level : open_)
      if (!level.key.empty()) path += (path.empty() ? "" : ".") + level.key;
    return path;
  }

  const std::string& where_;
  std::vector<YAML::Mark> starts_;
  std::vector<Level> open_;
};

void check_strictly(const std::string& text, const std::string& where) {
  std::istringstream in(text);
  YAML::Parser parser(in);
  StrictReader reader(where);
  if (!parser.HandleNextDocument(reader) || !parser.HandleNextDocument(reader)) return;
  const YAML::Mark mark = reader.starts().back();
  fail(where, ", line ", mark.line + 1, ", column ", mark.column + 1,
       ": expected the end of the file, found more text (a second ---, or a bracket too many?)");
}

}  // namespace

YAML::Node parse_yaml(const std::string& text, const std::string& where) {
  check(text.find('\0') == std::string::npos, where, ": found a zero byte, expected UTF-8 text");
  try {
    check_strictly(text, where);
    return YAML::Load(text);
  } catch (const YAML::Exception& e) {
    fail(where, ", line ", e.mark.line + 1, ", column ", e.mark.column + 1,
         ": this is not valid YAML: ", e.msg);
  }
}

std::string yaml_description(const YAML::Node& node) {
  if (node.IsMap()) return "keys and values";
  if (node.IsSequence()) return "a list";
  if (node.IsNull()) return "empty";
  return "\"" + node.Scalar() + "\"";
}

}  // namespace selfreward
