#pragma once
// The settings of a RunConfig as one flat list of full keys, made from the visit() functions of config.h.
// Reading, writing, checking and documenting settings are loops over this list.
#include <string>
#include <variant>
#include <vector>

#include "base/json.h"
#include "config/config.h"

namespace selfreward {

/// Stands for a group of settings ("dpo", "dpo.train"); its members follow it in the list.
struct Section {};
using FieldValue = std::variant<Section, bool*, int64_t*, double*, std::string*, std::vector<std::string>*>;

struct Field {
  std::string key;   // "dpo.train.learning_rate"
  FieldValue value;  // points into the RunConfig
  std::string help;

  bool is_section() const { return std::holds_alternative<Section>(value); }
};

/// Every section and setting of `config` in the order of config.h; valid as long as `config` is.
std::vector<Field> list_fields(RunConfig& config);

/// "dpo.train" of "dpo.train.beta"; empty for a key of the top level.
std::string parent_key(const std::string& key);
/// "beta" of "dpo.beta".
std::string leaf_key(const std::string& key);

/// Whether the value of a setting is a file or directory: its content matters, not its name.
bool is_path_setting(const std::string& key);

/// "true or false", "integer", "number", "text" or "list of texts".
std::string type_name(const FieldValue& value);

/// The value of a setting that is not a section.
Json field_json(const Field& field);

/// The value as YAML and JSON both read it, with all digits of a number ("0.1", "1.0e-08", "\"auto\"").
std::string value_text(const Field& field);

}  // namespace selfreward
