#pragma once
// Rows of training data as token trees with the tokens that are to be predicted: no padding, and what rows begin with
// in common (a system prompt, a pair's prompt, the answer that several verdicts are about) is computed once.
#include "model/policy/causal_lm.h"

namespace selfreward {

class TrainingBatch {
 public:
  /// prompt + response as one sequence; the response's tokens are predicted, or those that are `learnt` where
  /// it is not empty. Returns the sequence's index.
  int64_t add_sequence(const TokenIds& prompt, const TokenIds& response,
                       const std::vector<bool>& learnt = {});
  /// Two responses to one prompt. Returns the index of the first; the other follows.
  int64_t add_pair(const TokenIds& prompt, const TokenIds& first, const TokenIds& second);

  /// log p of each predicted token [targets] float32, in the order the sequences were added. Tokens that are shared
  /// are dropped alike in all sequences.
  torch::Tensor target_log_probs(const CausalLM& model, Dropout* dropout = nullptr) const;
  /// Sums over the sequences: [targets] -> [sequences].
  torch::Tensor sum_by_sequence(const torch::Tensor& per_target) const;
  /// Tokens that a forward pass computes.
  int64_t num_tokens() const;

 private:
  struct Target {
    int64_t sequence, place, id;  // the token at `place` predicts `id`
  };

  std::vector<TokenIds> sequences_;  // without their last tokens, from which nothing is predicted
  std::vector<Target> targets_;
};

}  // namespace selfreward
