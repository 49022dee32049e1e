#include "app/commands.h"

namespace selfreward {

void ConfigOptions::add_to(CLI::App& command) {
  command.add_option("--config", file, "settings from this YAML file")->check(CLI::ExistingFile);
  command.add_option("--set", overrides, "one setting, as in --set dpo.beta=0.3 (repeat for more)")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command.footer("Settings are listed by `selfreward config-schema --markdown`.");
}

}  // namespace selfreward
