#include "run/load_policy.h"

namespace selfreward {

Policy load_policy(const RunConfig& config, const fs::path& dir) {
  const ModelSettings& model = config.model;
  return Policy::load(dir, {model.device, model.dtype},
                      {model.chat_template_kwargs, model.chat_template_date});
}

void check_policy(const RunConfig& config, const fs::path& dir) {
  outline_policy(dir, {config.model.chat_template_kwargs, config.model.chat_template_date});
}

void begin_training(const RunConfig& config, Policy& policy) {
  policy.begin_training(config.lora, root_seed(config).child("lora").key());
}

}  // namespace selfreward
