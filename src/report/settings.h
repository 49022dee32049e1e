#pragma once
// What was run: settings as flat text, how they differ from the defaults, and how long the run took.
#include <map>
#include <optional>
#include <string>

#include "base/json.h"
#include "feedback/pairs/settings.h"

namespace selfreward {

/// "dpo.beta" -> "0.3" for every value of a config.yaml; a list is "[a, b]". Throws Error naming `where`.
std::map<std::string, std::string> flat_settings(const std::string& yaml, const std::string& where);

/// Are they one value, as 2e-4 and 0.0002?
bool same_setting(const std::string& a, const std::string& b);

/// [{key, value, default}] of what differs from this program's defaults, in the order of the keys; run_dir
/// is left out, and `default` is null for a key that this program does not have.
Json changed_settings(const std::map<std::string, std::string>& settings);

/// How the run chooses its pairs; what `settings` do not say is as by default.
PairSettings pair_settings(const std::map<std::string, std::string>& settings);

/// From the oldest to the newest file of the run by their times of writing, pauses included; empty where that
/// says nothing (under one second, as after copying the files).
std::optional<double> wall_seconds(const fs::path& run_dir);

}  // namespace selfreward
