#pragma once
// What goes into a Llama network and the modules that hold its parameters. Modules nest so that
// named_parameters() spells the checkpoint's names.
#include <torch/nn/module.h>
#include <torch/types.h>

#include "model/model_config.h"
#include "model/tree_attention.h"

namespace selfreward {

/// Tokens that go through the network together, flat.
struct TokenBatch {
  torch::Tensor ids;        // [tokens] int64
  torch::Tensor positions;  // [tokens] int64, distance from the root
  SharedPlan plan;          // over `stores` if there are some, else over the batch's own keys
  std::vector<KeyValueStore>* stores = nullptr;  // of each layer; inference: keys and values go here first
  torch::Tensor slots;                           // [tokens] int64, where they are written; only with `stores`
};

/// A flat tree as a batch over its own keys, on `device`.
TokenBatch tree_batch(const TokenTree& tree, torch::Device device);

/// A matrix of the checkpoint, kept as loaded; JointLinear multiplies with it.
struct Linear : torch::nn::Module {
  Linear(int64_t in_features, int64_t out_features);
  torch::Tensor weight;  // [out_features, in_features]
};

/// The weight of an RMS norm; rms_norm and add_rms_norm of fused_ops.h apply it.
struct RMSNorm : torch::nn::Module {
  explicit RMSNorm(int64_t hidden_size);
  torch::Tensor weight;  // [hidden]
};

}  // namespace selfreward
