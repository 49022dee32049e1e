#pragma once
// A policy as the settings ask for it.
#include "config/config.h"
#include "model/policy/policy.h"

namespace selfreward {

/// M0 or M_t as the config asks for devices and dtypes.
Policy load_policy(const ModelSettings& settings, const fs::path& dir);

/// Throws Error where load_policy would, but reads no weights: before anything is removed or made.
void check_policy(const ModelSettings& settings, const fs::path& dir);

/// Before each training: with lora.r, all that is trained is an adapter, drawn from the run's seed `root`.
void begin_training(const LoraSettings& lora, const Seed& root, Policy& policy);

}  // namespace selfreward
