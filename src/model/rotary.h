#pragma once
// Rotary position embedding (Su et al. 2021, arXiv 2104.09864).
#include <torch/types.h>

namespace selfreward {

/// Cosines and sines of the angles: positions [tokens] -> both [tokens, 1, head_dim / 2] float32.
struct Rotary {
  torch::Tensor cos, sin;
};
Rotary rotary(const torch::Tensor& positions, int64_t head_dim, double theta);

/// Turns the pairs (x_i, x_{i + head_dim/2}) by their angle. x [tokens, heads, head_dim] -> the same.
torch::Tensor rotate(const torch::Tensor& x, const Rotary& rotary);

}  // namespace selfreward
