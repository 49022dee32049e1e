// The JSON schema of the YAML file: editors complete and check settings with it.
#include "config/rules.h"

namespace selfreward {
namespace {

constexpr const char* kSchemaTypes[] = {"object", "boolean", "integer", "number", "string", "array"};

Json section_schema(const std::string& description) {
  return {{"description", description},
          {"type", {"object", "null"}},  // null: every line of the section is commented out
          {"additionalProperties", false},
          {"properties", Json::object()}};
}

/// 1 instead of 1.0, as a person writes a bound.
Json bound(double value) {
  const auto whole = static_cast<int64_t>(value);
  return static_cast<double>(whole) == value ? Json(whole) : Json(value);
}

void add_rule(Json& schema, const Rule& rule) {
  if (!rule.choices.empty()) schema["enum"] = rule.choices;
  if (rule.at_least) schema["minimum"] = bound(*rule.at_least);
  if (rule.above) schema["exclusiveMinimum"] = bound(*rule.above);
  if (rule.at_most) schema["maximum"] = bound(*rule.at_most);
  if (rule.below) schema["exclusiveMaximum"] = bound(*rule.below);
}

Json field_schema(const Field& field) {
  if (field.is_section()) return section_schema(field.help);
  Json schema = {{"description", field.help}, {"type", kSchemaTypes[field.value.index()]}};
  if (std::holds_alternative<std::vector<std::string>*>(field.value)) schema["items"] = {{"type", "string"}};
  if (const Rule* rule = find_rule(field.key)) add_rule(schema, *rule);
  schema["default"] = field_json(field);
  return schema;
}

/// The schema that describes the section `key` inside `root`.
Json& section_at(Json& root, const std::string& key) {
  if (key.empty()) return root;
  return section_at(root, parent_key(key))["properties"][leaf_key(key)];
}

}  // namespace

std::string config_schema() {
  RunConfig defaults;
  Json root = {{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", "selfreward run"}};
  root.update(section_schema("Settings of a self-rewarding run"));
  for (const Field& field : list_fields(defaults))
    section_at(root, parent_key(field.key))["properties"][leaf_key(field.key)] = field_schema(field);
  return root.dump(2) + "\n";
}

}  // namespace selfreward
