#pragma once
// The choices and ranges of settings: one table for checking, for the JSON schema and for the documentation.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/fields.h"

namespace selfreward {

struct Rule {
  std::string_view key;                   // a full key or its end: "sampling.top_p" is true of every sampling
  std::vector<std::string> choices = {};  // of a text
  std::optional<double> at_least = {}, above = {}, at_most = {}, below = {};  // of a number
};

const std::vector<Rule>& config_rules();

/// The rule of a full key, or null.
const Rule* find_rule(const std::string& key);

/// "bfloat16 or float32", "above 0 and at most 1"
std::string rule_text(const Rule& rule);

/// "number, above 0 and at most 1": the type and the rule of a setting.
std::string type_and_rule(const Field& field);

/// Throws Error, beginning with `where` ("[config] a.yaml, line 3: "), when the value breaks its rule.
void check_field(const Field& field, const std::string& where);

}  // namespace selfreward
