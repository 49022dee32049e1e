#pragma once
// Log-probabilities on a CPU: the vocabulary in chunks, logits as [vocabulary, rows]. This way round the
// weight is read once, a matrix product's operands lie as oneDNN likes them, the sums over the vocabulary run
// over columns without leaving the vector registers, and the weight's gradient needs no transpose.
#include <torch/types.h>

#include <vector>

namespace selfreward {

/// hidden W^T and its softmax for rows x vocabulary, in the dtype of both: float32 or bfloat16.
class VocabLogits {
 public:
  /// hidden [rows, hidden], weight [vocab, hidden], targets [rows] int64.
  VocabLogits(const torch::Tensor& hidden, const torch::Tensor& weight, const torch::Tensor& targets);

  /// log softmax at the targets, [rows] float32. Keeps up to `keep_bytes` of logits for gradients().
  torch::Tensor log_probs(int64_t keep_bytes);

  struct Gradients {
    torch::Tensor hidden;  // [rows, hidden] in hidden's dtype
    torch::Tensor weight;  // [vocab, hidden] in the dtype asked for
  };
  /// Of sum(grad * log_probs); grad [rows] float32. Consumes the logits that were kept.
  Gradients gradients(const torch::Tensor& grad, torch::Dtype weight_dtype);

 private:
  int64_t num_chunks() const;
  int64_t chunk_begin(int64_t chunk) const { return std::min(chunk * chunk_size_, weight_.size(0)); }
  torch::Tensor weight_chunk(int64_t chunk) const;
  /// Calls visit(row, target within the chunk) for the rows whose target is in the chunk.
  template <typename Visit>
  void for_each_target(int64_t chunk, Visit visit) const;
  void sum_up(const torch::Tensor& logits);
  /// logits -> grad * (onehot - softmax), in place, and its transpose [rows, chunk].
  void to_gradient(const torch::Tensor& logits, const torch::Tensor& transposed, const torch::Tensor& factor,
                   int64_t chunk) const;

  torch::Tensor hidden_;    // [padded rows, hidden]: rows are a multiple of kLanes, the last ones zero
  torch::Tensor hidden_t_;  // [hidden, padded rows]
  torch::Tensor weight_, targets_;
  int64_t rows_, chunk_size_;
  torch::Tensor maximum_, total_;      // [padded rows] running maximum, sum of exponentials against it
  torch::Tensor log_sum_, log_probs_;  // [padded rows], [rows]
  std::vector<torch::Tensor> kept_;    // logits [chunk, padded rows], undefined where not kept
};

}  // namespace selfreward
