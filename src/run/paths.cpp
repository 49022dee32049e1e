#include "run/paths.h"

#include <charconv>

namespace selfreward {

std::string model_name(int64_t t) {
  return str("M", t);
}

std::optional<int64_t> model_number(const std::string& name) {
  if (!name.starts_with('M')) return std::nullopt;
  int64_t number = 0;
  std::from_chars(name.data() + 1, name.data() + name.size(), number);
  if (number < 0 || model_name(number) != name) return std::nullopt;
  return number;
}

std::vector<NamedModel> models_of(const RunPaths& run, int64_t last_model) {
  std::vector<NamedModel> models;
  for (int64_t t = 0; t <= last_model; ++t) models.push_back({model_name(t), run.model(t)});
  return models;
}

}  // namespace selfreward
