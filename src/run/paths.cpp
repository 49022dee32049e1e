#include "run/paths.h"

namespace selfreward {

std::vector<NamedModel> models_of(const RunPaths& run, int64_t last_model) {
  std::vector<NamedModel> models;
  for (int64_t t = 0; t <= last_model; ++t) models.push_back({str("M", t), run.model(t)});
  return models;
}

}  // namespace selfreward
