#pragma once
// Random zeros of one forward pass of training.
#include <torch/types.h>

namespace selfreward {

/// The generator is the pass's own, so a resumed run drops the same.
struct Dropout {
  double probability = 0;  // of an element of each block's output (residual dropout)
  double adapter = 0;      // of an element that a LoRA adapter reads
  torch::Generator generator;
};

/// x with elements dropped at `probability` and the others scaled up; x itself where there is no dropout.
inline torch::Tensor dropped_at(double probability, const torch::Tensor& x, Dropout* dropout) {
  if (!dropout || probability == 0) return x;
  const torch::Tensor keep =
      at::empty_like(x, x.options().requires_grad(false)).bernoulli_(1 - probability, dropout->generator);
  return x * keep / (1 - probability);
}

inline torch::Tensor dropped(const torch::Tensor& x, Dropout* dropout) {
  return dropped_at(dropout ? dropout->probability : 0, x, dropout);
}

}  // namespace selfreward
