#pragma once
// Rows of training data as token trees with the tokens that are to be predicted: no padding.
#include "model/policy/causal_lm.h"

namespace selfreward {

/// An SFT row is a tree of one segment, a preference pair a prompt with two branches.
class TrainingBatch {
 public:
  /// prompt + response as one sequence; the response's tokens are predicted, or those that are `learnt` where
  /// it is not empty. Returns the sequence's index.
  int64_t add_sequence(const TokenIds& prompt, const TokenIds& response,
                       const std::vector<bool>& learnt = {});
  /// Two responses below one prompt, which is computed once. Returns the index of the first; the other
  /// follows.
  int64_t add_pair(const TokenIds& prompt, const TokenIds& first, const TokenIds& second);

  /// log p of each predicted token [targets] float32, in the order the sequences were added.
  torch::Tensor target_log_probs(const CausalLM& model, Dropout* dropout = nullptr) const;
  /// Sums over the sequences: [targets] -> [sequences].
  torch::Tensor sum_by_sequence(const torch::Tensor& per_target) const;

 private:
  void predict(int64_t first_row, const TokenIds& response, size_t from,
               const std::vector<bool>& learnt = {});

  TokenTree tree_;
  std::vector<int64_t> rows_, targets_, sequences_;  // of each predicted token: the row that predicts it
  int64_t num_sequences_ = 0;
};

}  // namespace selfreward
