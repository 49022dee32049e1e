#pragma once
// The parts of a Llama block. Modules nest so that named_parameters() spells the checkpoint's names.
// Precision: parameters in any float type, products in the compute dtype, norms and sums in float32.
#include <torch/nn/module.h>
#include <torch/types.h>

#include "model/model_config.h"
#include "model/tree_attention.h"

namespace selfreward {

/// Tokens that go through the network together, flat.
struct TokenBatch {
  torch::Tensor ids;        // [tokens] int64
  torch::Tensor positions;  // [tokens] int64, distance from the root
  AttentionPlan plan;       // over `stores` if there are some, else over the batch's own keys
  std::vector<KeyValueStore>* stores = nullptr;  // of each layer; inference: keys and values go here first
  std::vector<int64_t> slots;                    // [tokens] where they are written; only with `stores`
};

/// A flat tree as a batch over its own keys, on `device`.
TokenBatch tree_batch(const TokenTree& tree, torch::Device device);

/// y = x W^T. The weight is kept as loaded and cast to the compute dtype in forward.
class Linear : public torch::nn::Module {
 public:
  Linear(int64_t in_features, int64_t out_features, torch::Dtype compute);
  /// x [tokens, in_features] -> [tokens, out_features], both in the compute dtype.
  torch::Tensor forward(const torch::Tensor& x) const;
  /// Casts and packs the weight once for many forward passes without gradients; see InferenceScope.
  void pack();
  void unpack() { packed_ = torch::Tensor(); }

  torch::Tensor weight;  // [out_features, in_features]

 private:
  torch::Dtype compute_;
  torch::Tensor packed_;
};

/// x W^T for a weight packed by pack_weight; x [tokens, in_features] -> [tokens, out_features].
torch::Tensor packed_linear(const torch::Tensor& x, const torch::Tensor& packed);
/// The weight in `compute` dtype, laid out for oneDNN on a CPU. Values are the same.
torch::Tensor pack_weight(const torch::Tensor& weight, torch::Dtype compute);

/// x / rms(x) * weight, the mean square in float32 (Zhang & Sennrich 2019, arXiv 1910.07467).
class RMSNorm : public torch::nn::Module {
 public:
  RMSNorm(int64_t hidden_size, double eps);
  torch::Tensor forward(const torch::Tensor& x) const;  // [tokens, hidden] -> the same

  torch::Tensor weight;  // [hidden]

 private:
  double eps_;
};

/// Cosines and sines of the rotary embedding (Su et al. 2021, arXiv 2104.09864): positions [tokens] ->
/// both [tokens, 1, head_dim / 2] float32.
struct Rotary {
  torch::Tensor cos, sin;
};
Rotary rotary(const torch::Tensor& positions, int64_t head_dim, double theta);
/// Turns the pairs (x_i, x_{i + head_dim/2}) by their angle. x [tokens, heads, head_dim] -> the same.
torch::Tensor rotate(const torch::Tensor& x, const Rotary& rotary);

}  // namespace selfreward
