#pragma once
// Rotary position embedding (Su et al. 2021, arXiv 2104.09864).
#include <torch/types.h>

namespace selfreward {

/// Cosines and sines of the angles, both [tokens, 1, rotary_dim / 2] float32; undefined where nothing is
/// turned.
struct Rotary {
  torch::Tensor cos, sin;
  /// How many dims of a head are turned, the first ones; the others pass.
  int64_t rotary_dim() const { return cos.defined() ? 2 * cos.size(-1) : 0; }
};
/// Angles positions [tokens] * inv_freq [rotary_dim / 2] float32; cosines and sines times attention_factor.
Rotary rotary(const torch::Tensor& positions, const torch::Tensor& inv_freq, double attention_factor = 1);

/// Turns the pairs (x_i, x_{i + rotary_dim/2}) by their angle. x [tokens, heads, head_dim] -> the same.
torch::Tensor rotate(const torch::Tensor& x, const Rotary& rotary);

}  // namespace selfreward
