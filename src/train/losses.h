#pragma once
// The losses as functions of log-probabilities.
#include <torch/types.h>

namespace selfreward {

/// Direct Preference Optimization, equation 7 of Rafailov et al. 2023 (arXiv 2305.18290):
///   reward(y) = beta (log pi(y|x) - log ref(y|x)),  loss = -log sigmoid(reward(chosen) - reward(rejected)).
/// With lengths the rewards are divided by them first (sigmoid_norm: Lambert et al. 2024, arXiv 2411.15124, section 5.1);
/// with a label p, P(the chosen answer is the better one), the loss is the mean over both orders of the pair:
///   -p log sigmoid(difference) - (1 - p) log sigmoid(-difference)
/// (Mitchell 2023, "cDPO"; CREAM, Wang et al. 2024, arXiv 2410.12735, equation 6).
struct PairTerms {
  torch::Tensor policy_chosen, policy_rejected, reference_chosen, reference_rejected;  // log-probs of answers
  torch::Tensor chosen_length = {}, rejected_length = {};  // tokens; undefined: not normalised
  torch::Tensor label = {};                                // undefined: 1
};
struct DpoOutput {
  torch::Tensor losses;            // [pairs], with gradient
  torch::Tensor chosen_rewards;    // [pairs], without
  torch::Tensor rejected_rewards;  // [pairs], without
};
/// All terms [pairs] float32. The rewards are not normalised, as TRL logs them.
DpoOutput dpo_loss(const PairTerms& pairs, double beta);

}  // namespace selfreward
