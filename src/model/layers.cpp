#include "model/layers.h"

namespace selfreward {

TokenBatch tree_batch(const TokenTree& tree, torch::Device device) {
  const auto positions = tree.positions();
  return {torch::tensor(tree.tokens(), at::kLong).to(device),
          torch::tensor(positions, at::kLong).to(device),
          prepare_plan(attention_plan(tree), device),
          nullptr,
          {}};
}

Linear::Linear(int64_t in_features, int64_t out_features) {
  weight = register_parameter("weight", at::empty({out_features, in_features}, at::kFloat));
}

RMSNorm::RMSNorm(int64_t hidden_size) {
  weight = register_parameter("weight", at::ones({hidden_size}, at::kFloat));
}

}  // namespace selfreward
