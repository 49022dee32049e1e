#include "run/load_policy.h"

namespace selfreward {

Policy load_policy(const ModelSettings& settings, const fs::path& dir) {
  return Policy::load(dir, {settings.device, settings.dtype},
                      {settings.chat_template_kwargs, settings.chat_template_date});
}

void check_policy(const ModelSettings& settings, const fs::path& dir) {
  outline_policy(dir, {settings.chat_template_kwargs, settings.chat_template_date});
}

void begin_training(const LoraSettings& lora, const Seed& root, Policy& policy) {
  policy.begin_training(lora, root.child("lora").key());
}

}  // namespace selfreward
