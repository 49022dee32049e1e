#include "config/fields.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace selfreward {
namespace {

/// What visit() calls for each member: keeps the key of the section it is in.
class FieldLister {
 public:
  template <typename T>
  void operator()(const char* name, T& member, const char* help) {
    const std::string key = prefix_ + name;
    if constexpr (std::is_constructible_v<FieldValue, T*>) {
      fields.push_back({key, &member, help});
    } else {
      fields.push_back({key, Section(), help});
      const std::string outer = std::exchange(prefix_, key + ".");
      member.visit(*this);
      prefix_ = outer;
    }
  }

  std::vector<Field> fields;

 private:
  std::string prefix_;
};

/// The shortest digits that read back as `value`, always with a point: YAML 1.1 takes 1e-8 for text.
std::string double_text(double value) {
  char digits[40];
  std::string text(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  if (std::isfinite(value) && text.find('.') == std::string::npos)
    text.insert(std::min(text.find('e'), text.size()), ".0");
  return text;
}

std::string json_text(const Json& json) {
  return json.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

}  // namespace

std::vector<Field> list_fields(RunConfig& config) {
  FieldLister lister;
  config.visit(lister);
  return std::move(lister.fields);
}

std::string parent_key(const std::string& key) {
  const size_t dot = key.rfind('.');
  return dot == std::string::npos ? "" : key.substr(0, dot);
}

std::string leaf_key(const std::string& key) {
  return key.substr(key.rfind('.') + 1);
}

bool is_path_setting(const std::string& key) {
  static const char* const kKeys[] = {
      "model.model_name_or_path", "data.ift",       "data.eft",      "data.ranked",      "data.eval_prompts",
      "data.eval_ranked",         "data.gold",      "prompts.file",  "judge.rubric",     "dpo.eval_prompts",
      "evaluate.pairwise_rubric", "prompts.source", "eft.eval_data", "pairs.meta_rubric"};
  return std::any_of(std::begin(kKeys), std::end(kKeys), [&](const char* path) { return key == path; });
}

std::string type_name(const FieldValue& value) {
  static constexpr const char* kNames[] = {"section", "true or false", "integer",
                                           "number",  "text",          "list of texts"};
  return kNames[value.index()];
}

Json field_json(const Field& field) {
  return std::visit(
      [](const auto& value) -> Json {
        if constexpr (std::is_pointer_v<std::decay_t<decltype(value)>>) return *value;
        return nullptr;
      },
      field.value);
}

std::string value_text(const Field& field) {
  if (const auto* number = std::get_if<double*>(&field.value)) return double_text(**number);
  if (const auto* list = std::get_if<std::vector<std::string>*>(&field.value)) {
    std::string text;
    for (const std::string& item : **list) text += (text.empty() ? "" : ", ") + json_text(item);
    return "[" + text + "]";
  }
  return json_text(field_json(field));
}

}  // namespace selfreward
