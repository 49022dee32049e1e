#pragma once
// Log-probabilities on a CPU: the vocabulary in chunks, logits as [vocabulary, rows]. This way round the
// weight is read once, a matrix product's operands lie as oneDNN likes them, sums over the vocabulary run
// along columns without leaving the vector lanes, and the weight's gradient needs no transpose.
#include <torch/types.h>

#include <algorithm>
#include <optional>
#include <vector>

namespace selfreward {

/// log softmax(hidden W^T)[target] and its gradients, in the dtype of hidden: float32 or bfloat16.
class VocabLogProbs {
 public:
  /// hidden [rows, hidden], weight [vocab, hidden] of the same dtype, targets [rows] int64; rows > 0. With a
  /// softcap > 0 logits become softcap * tanh(logit / softcap), in float32.
  VocabLogProbs(const torch::Tensor& hidden, const torch::Tensor& weight, const torch::Tensor& targets,
                double softcap = 0);

  /// [rows] float32. Keeps up to `keep_bytes` of logits for gradients().
  torch::Tensor log_probs(int64_t keep_bytes);

  struct Gradients {
    torch::Tensor hidden;  // [rows, hidden] in hidden's dtype
    torch::Tensor weight;  // [vocab, hidden] in the dtype asked for, or undefined
  };
  /// Gradients of sum(grad * log_probs()), grad [rows] float32. Uses up the logits that were kept.
  Gradients gradients(const torch::Tensor& grad, std::optional<torch::Dtype> weight_dtype);

 private:
  int64_t begin(size_t chunk) const {
    return std::min(static_cast<int64_t>(chunk) * chunk_size_, weight_.size(0));
  }
  int64_t size(size_t chunk) const { return begin(chunk + 1) - begin(chunk); }
  torch::Tensor weight_of(size_t chunk) const { return weight_.narrow(0, begin(chunk), size(chunk)); }
  /// Logits [size(chunk), padded rows], not capped yet, made in `space`.
  torch::Tensor make_logits(size_t chunk, const torch::Tensor& space) const;
  void add_to_sums(const torch::Tensor& logits);
  /// Calls visit(row, target - begin(chunk)) for the rows whose target is in the chunk.
  template <typename Visit>
  void for_each_target(size_t chunk, const Visit& visit) const;
  /// logits -> grad * (onehot - softmax), times what the cap lets through, in place, and transposed into
  /// `turned` [padded rows, size(chunk)].
  void turn_to_gradient(size_t chunk, const torch::Tensor& logits, const torch::Tensor& turned,
                        const torch::Tensor& grad) const;

  torch::Tensor hidden_;    // [padded rows, hidden], zeros below the rows
  torch::Tensor hidden_t_;  // [hidden, padded rows]
  torch::Tensor weight_;    // [vocab, hidden]
  torch::Tensor targets_;   // [rows]
  float softcap_;
  torch::Tensor maximum_, total_;  // [padded rows] of the logits so far; sum of exp(logit - maximum)
  torch::Tensor log_sum_;          // [padded rows] log of the softmax's denominator
  torch::Tensor log_probs_;        // [rows]
  int64_t chunk_size_;
  std::vector<torch::Tensor> kept_;  // logits by chunk, undefined where not kept
};

}  // namespace selfreward
