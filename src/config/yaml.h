#pragma once
// One YAML document, or an error with its place.
#include <yaml-cpp/yaml.h>

#include <string>

namespace selfreward {

/// The document in `text` (null where it is empty). Text that is not YAML, or that goes on behind the end of
/// the document, is an error with `file`, line and column.
YAML::Node parse_yaml(const std::string& text, const std::string& file);

}  // namespace selfreward
