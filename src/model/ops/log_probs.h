#pragma once
// Log-probabilities of given tokens without a [tokens, vocab] float32 tensor.
#include <torch/types.h>

namespace selfreward {

/// log softmax(hidden W^T)[target], row by row. Differentiable in hidden and weight; sums in float32. hidden
/// [rows, hidden] in the compute dtype, weight [vocab, hidden] in any float dtype, targets [rows] int64 ->
/// [rows] float32. Logits are made in the compute dtype, in chunks of the vocabulary; with gradients, chunks
/// are kept for the backward pass as far as they fit 256 MiB, and made again beyond that. With a softcap > 0
/// they become softcap * tanh(logit / softcap) in float32 (Gemma 2).
torch::Tensor token_log_probs(const torch::Tensor& hidden, const torch::Tensor& weight,
                              const torch::Tensor& targets, double softcap = 0);

/// The same by plain operators in chunks of rows: what other devices use and tests compare with.
torch::Tensor token_log_probs_reference(const torch::Tensor& hidden, const torch::Tensor& weight,
                                        const torch::Tensor& targets, double softcap = 0);

/// softcap * tanh(logits / softcap), computed in float32 -> as logits. Differentiable. logits [rows, vocab]
/// float32 or bfloat16, softcap > 0.
torch::Tensor softcapped(const torch::Tensor& logits, double softcap);

}  // namespace selfreward
