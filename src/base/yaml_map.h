#pragma once
// A YAML file of known keys that a person writes: rubrics, rules of a gold score. Every error is one line with
// the file, the line, the key, what was found and what was wanted.
//   const YamlMap yaml = YamlMap::read("rubric.yaml", "[rubric]");
//   yaml.allow({"template", "max_score"});
//   const double max_score = yaml.number("max_score");
#include <memory>
#include <string>
#include <vector>

#include "base/files.h"

namespace YAML {
class Node;
}

namespace selfreward {

/// The values of keys. A value that is missing or of another type than was asked for is an Error.
class YamlMap {
 public:
  /// Reads a file, strictly (base/yaml.h); errors begin with `tag`. A file that has no keys and values is an
  /// error that says what is `wanted`.
  static YamlMap read(const fs::path& file, const std::string& tag,
                      const std::string& wanted = "keys and values");

  /// Throws Error on a key that is not in `known`, with the nearest of these.
  void allow(const std::vector<std::string>& known) const;

  bool has(const std::string& key) const;
  std::string text(const std::string& key) const;
  /// The text, or `otherwise` where the key is missing.
  std::string text(const std::string& key, const std::string& otherwise) const;
  /// Finite: neither a bound nor a score can be anything else.
  double number(const std::string& key) const;
  double number(const std::string& key, double otherwise) const;
  std::vector<std::string> texts(const std::string& key) const;
  std::vector<YamlMap> maps(const std::string& key) const;

  /// How an error about a value begins: "[gold] a.yaml, line 3: rules[0].when".
  std::string place(const std::string& key) const;

 private:
  YamlMap(const YAML::Node& node, std::string where, std::string name);
  YAML::Node value(const std::string& key, const char* wanted) const;
  std::string named(const std::string& key) const;

  std::shared_ptr<const YAML::Node> node_;
  std::string where_, name_;  // the tag with the file; which part of the file this is, "" for all of it
};

}  // namespace selfreward
