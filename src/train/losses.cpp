#include "train/losses.h"

#include <ATen/ATen.h>

namespace selfreward {

DpoOutput dpo_loss(const torch::Tensor& policy_chosen, const torch::Tensor& policy_rejected,
                   const torch::Tensor& reference_chosen, const torch::Tensor& reference_rejected,
                   double beta) {
  const torch::Tensor chosen = beta * (policy_chosen - reference_chosen);
  const torch::Tensor rejected = beta * (policy_rejected - reference_rejected);
  return {-at::log_sigmoid(chosen - rejected), chosen.detach(), rejected.detach()};
}

}  // namespace selfreward
