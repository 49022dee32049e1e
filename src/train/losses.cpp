#include "train/losses.h"

#include <ATen/ATen.h>

namespace selfreward {

using torch::Tensor;

DpoOutput dpo_loss(const PairTerms& pairs, double beta) {
  const Tensor chosen = beta * (pairs.policy_chosen - pairs.reference_chosen);
  const Tensor rejected = beta * (pairs.policy_rejected - pairs.reference_rejected);
  const Tensor difference = pairs.chosen_length.defined()
                                ? chosen / pairs.chosen_length - rejected / pairs.rejected_length
                                : chosen - rejected;
  Tensor losses = -at::log_sigmoid(difference);
  if (pairs.label.defined()) losses = pairs.label * losses - (1 - pairs.label) * at::log_sigmoid(-difference);
  return {losses, chosen.detach(), rejected.detach()};
}

}  // namespace selfreward
