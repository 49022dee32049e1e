#pragma once
// One step of AdamW with decoupled weight decay (Loshchilov & Hutter 2019, arXiv 1711.05101) for one tensor.
//
// A network that multiplies in bfloat16 still needs float32 weights, since most steps are smaller than what
// bfloat16 can tell apart. They are kept in two parts: `high`, the weight rounded to bfloat16 (halves
// away from zero), is the network's parameter itself, and `low`, as int16, what the rounding took away:
//   bits(weight) = (bits(high) << 16) + low
// So nothing has to be cast before a forward pass, and nothing is stored twice.
#include <torch/types.h>

namespace selfreward {

struct SplitWeight {
  torch::Tensor high, low;  // bfloat16, int16
};
SplitWeight split_weight(const torch::Tensor& weight);
/// -> float32, exactly what was split.
torch::Tensor join_weight(const torch::Tensor& high, const torch::Tensor& low);

struct AdamWMoments {
  torch::Tensor exp_avg, exp_avg_sq;  // float32, shaped as the weight
};

struct AdamWStep {
  double learning_rate, beta1, beta2, epsilon, weight_decay;
  double gradient_scale;  // gradients are multiplied with it first
  int64_t count;          // of the step, from 1
};

/// Updates a split weight (its `high` in place) or a float32 one (`low` undefined) and its moments. `grad` is
/// float32 or has the type of `high`.
void adamw_step(const torch::Tensor& high, const torch::Tensor& low, const AdamWMoments& moments,
                const torch::Tensor& grad, const AdamWStep& step);
/// The same through at::_fused_adamw_: the path of float32 weights and of other devices.
void adamw_step_reference(const torch::Tensor& high, const torch::Tensor& low, const AdamWMoments& moments,
                          const torch::Tensor& grad, const AdamWStep& step);

/// Sum of the squares of a float32 or bfloat16 tensor, in an order that does not depend on threads.
double sum_of_squares(const torch::Tensor& x);

}  // namespace selfreward
