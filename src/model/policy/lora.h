#pragma once
// LoRA (Hu et al. 2021, arXiv 2106.09685): W x + scaling B A x, W frozen, A [r, in], B [out, r]. Files are
// those of peft: adapter_config.json and adapter_model.safetensors.
//   add_adapter(policy.model(), {.r = 16}, seed);      // to train
//   load_adapter(policy.model(), "runs/demo/M1");      // as trained
#include "model/files/checkpoint.h"
#include "model/policy/causal_lm.h"

namespace selfreward {

/// Gives every matrix that settings.target_modules names an adapter and freezes the rest. A is drawn as peft
/// does, evenly in +-1 / sqrt(in), from `seed`; B is zero, so that nothing changes before training. A name
/// that no matrix has is an error.
void add_adapter(CausalLM& model, const LoraSettings& settings, uint64_t seed);

/// The same adapters, uninitialised, and nothing is frozen: for those who ask for sizes.
void attach_adapter(CausalLM& model, const LoraSettings& settings);

/// The settings of the adapter in `dir`, whose base model has this config; errors as in load_adapter.
LoraSettings adapter_settings(const fs::path& dir, const ModelConfig& base);

/// Attaches the adapter in `dir` to its base model. Settings that are not built here (DoRA, biases, patterns
/// of ranks, ...), a tensor without a place and a missing one are errors.
void load_adapter(CausalLM& model, const fs::path& dir);

/// adapter_config.json and the tensors of the model's adapter under peft's names, float32.
Json adapter_config_json(const LoraSettings& settings, const fs::path& base);
NamedTensors adapter_tensors(const CausalLM& model);

}  // namespace selfreward
