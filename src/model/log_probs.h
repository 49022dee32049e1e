#pragma once
// Log-probabilities of given tokens without a [tokens, vocab] float32 tensor.
#include <torch/types.h>

namespace selfreward {

/// log softmax(hidden W^T)[target], row by row. Differentiable in hidden and weight; logits are made in
/// chunks of rows in the forward pass and again in the backward pass, so memory is [chunk, vocab]. hidden
/// [rows, hidden] in the compute dtype, weight [vocab, hidden], targets [rows] int64 -> [rows] float32.
torch::Tensor token_log_probs(const torch::Tensor& hidden, const torch::Tensor& weight,
                              const torch::Tensor& targets);

}  // namespace selfreward
