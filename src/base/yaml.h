#pragma once
// One YAML document, or an error with its place. The header of yaml-cpp is large: files of known keys are read
// by base/yaml_map.h, which does without it.
#include <yaml-cpp/yaml.h>

#include <string>

namespace selfreward {

/// The document in `text` (null where it is empty). Text that is not YAML, that goes on behind the end of the
/// document, or in which a key stands twice in one place, is an error that begins with `where` ("[config]
/// a.yaml") and names the line.
YAML::Node parse_yaml(const std::string& text, const std::string& where);

/// What a node is, for an error: "a list", "keys and values", "empty", or a scalar in quotes.
std::string yaml_description(const YAML::Node& node);

}  // namespace selfreward
