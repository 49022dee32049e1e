#pragma once
// The losses as functions of log-probabilities.
#include <torch/types.h>

namespace selfreward {

/// Direct Preference Optimization, equation 7 of Rafailov et al. 2023 (arXiv 2305.18290):
///   reward(y) = beta (log pi(y|x) - log ref(y|x)),  loss = -log sigmoid(reward(chosen) - reward(rejected)).
struct DpoOutput {
  torch::Tensor losses;            // [pairs], with gradient
  torch::Tensor chosen_rewards;    // [pairs], without
  torch::Tensor rejected_rewards;  // [pairs], without
};
/// Sums of token log-probs of each answer, all [pairs] float32.
DpoOutput dpo_loss(const torch::Tensor& policy_chosen, const torch::Tensor& policy_rejected,
                   const torch::Tensor& reference_chosen, const torch::Tensor& reference_rejected,
                   double beta);

}  // namespace selfreward
