#include <algorithm>

#include "app/commands.h"
#include "base/text_util.h"
#include "config/fields.h"

namespace selfreward {
namespace {

bool begins_with_any(const std::string& key, const std::vector<std::string>& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](const std::string& prefix) { return key.starts_with(prefix); });
}

/// "dpo.beta" of "dpo.beta=0.3".
std::string key_of(const std::string& setting) {
  return strip(setting.substr(0, setting.find('=')));
}

}  // namespace

bool CommandSettings::has(const std::string& key) const {
  return begins_with_any(key, reads) && !begins_with_any(key, but);
}

void ConfigOptions::add_to(Command command) {
  command.add_option("--config", file, "settings from this YAML file; it may be that of a whole run")
      .existing_or_shipped("configs");
  add_set_to(command);
}

void ConfigOptions::add_set_to(Command command) {
  command.add_option("--set", overrides, "one setting, as in --set dpo.beta=0.3 (repeat for more)")
      .type_name("KEY=VALUE")
      .one_at_a_time();
  command.footer("Settings are listed by `selfreward config-schema --markdown`.");
}

RunConfig ConfigOptions::load(const CommandSettings& settings) const {
  RunConfig config = load_config(file, overrides);
  check_read(settings);
  return config;
}

void ConfigOptions::check_read(const CommandSettings& settings) const {
  for (const std::string& setting : overrides) {
    const std::string key = key_of(setting);
    check(settings.has(key), "[config] --set ", setting, ": `", settings.command, "` does not read ", key,
          "; it reads ", joined(settings.reads, ", ", " and "),
          settings.but.empty() ? "" : " without " + joined(settings.but, ", ", " and "));
  }
}

std::string ConfigOptions::as_setting(const std::string& option, const std::string& key,
                                      const std::string& value) const {
  for (const std::string& setting : overrides)
    check(key_of(setting) != key, "[config] ", option, " ", value, " and --set ", setting,
          " are one setting; leave one of them out");
  return key + "=" + value;
}

void add_overwrite(Command command, bool& overwrite) {
  command.add_flag("--overwrite", overwrite,
                   "make an output again that is there, or begun, and was made from something else");
}

}  // namespace selfreward
