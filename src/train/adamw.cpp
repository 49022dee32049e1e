#include "train/adamw.h"

#include <ATen/ops/_fused_adamw.h>

#include <cmath>
#include <numeric>

#include "model/ops/row_views.h"

namespace selfreward {
namespace {

using torch::Tensor;

constexpr int64_t kPiece = 1 << 16;  // weights of one task

template <typename T>
AdamwRun<T> run_of(const Tensor& high, const Tensor& low, const AdamWMoments& moments, const Tensor& grad,
                   const AdamWStep& step) {
  const double count = static_cast<double>(step.count);
  return {data_of<T>(grad),
          data_of<uint16_t>(high),
          data_of<int16_t>(low),
          data_of<float>(moments.exp_avg),
          data_of<float>(moments.exp_avg_sq),
          static_cast<float>(step.gradient_scale),
          static_cast<float>(step.beta1),
          static_cast<float>(step.beta2),
          static_cast<float>(1 - step.learning_rate * step.weight_decay),
          static_cast<float>(step.learning_rate / (1 - std::pow(step.beta1, count))),
          static_cast<float>(1 / std::sqrt(1 - std::pow(step.beta2, count))),
          static_cast<float>(step.epsilon)};
}

}  // namespace

SplitWeight split_weight(const Tensor& weight) {
  const Tensor bits = weight.detach().to(at::kFloat).contiguous().view(at::kInt);
  const Tensor high =
      (bits + 0x8000).bitwise_right_shift_(16);  // in place: of the largest matrix there is one copy
  return {high.to(at::kShort).view(at::kBFloat16), bits.to(at::kShort)};
}

Tensor join_weight(const Tensor& high, const Tensor& low) {
  return high.detach().view(at::kShort).to(at::kInt).bitwise_left_shift_(16).add_(low).view(at::kFloat);
}

void adamw_step_reference(const Tensor& high, const Tensor& low, const AdamWMoments& moments,
                          const Tensor& grad, const AdamWStep& step) {
  const Tensor weight = low.defined() ? join_weight(high, low) : high;
  const Tensor wide = grad.to(at::kFloat),
               scaled = step.gradient_scale == 1 ? wide : wide * step.gradient_scale;
  const Tensor count = at::full({}, static_cast<double>(step.count), weight.options().requires_grad(false));
  at::_fused_adamw_({weight}, {scaled}, {moments.exp_avg}, {moments.exp_avg_sq}, /*max_exp_avg_sqs=*/{},
                    {count}, step.learning_rate, step.beta1, step.beta2, step.weight_decay, step.epsilon,
                    /*amsgrad=*/false, /*maximize=*/false);
  if (!low.defined()) return;
  const SplitWeight parts = split_weight(weight);
  high.copy_(parts.high);
  low.copy_(parts.low);
}

void adamw_step(const Tensor& high, const Tensor& low, const AdamWMoments& moments, const Tensor& grad_in,
                const AdamWStep& step) {
  if (!low.defined() || !has_row_kernels(grad_in))
    return adamw_step_reference(high, low, moments, grad_in, step);
  const Tensor grad = grad_in.contiguous();
  with_row_kernels(grad, [&](const auto& kernels) {
    const auto run = run_of<Element<decltype(kernels)>>(high, low, moments, grad, step);
    at::parallel_for(0, grad.numel(), kPiece,
                     [&](int64_t begin, int64_t end) { kernels.adamw(run, begin, end); });
  });
}

double sum_of_squares(const Tensor& x_in) {
  if (!has_row_kernels(x_in)) return x_in.to(at::kFloat).square().sum(at::kDouble).item<double>();
  const Tensor x = x_in.contiguous();
  std::vector<double> sums(static_cast<size_t>((x.numel() + kPiece - 1) / kPiece));
  with_row_kernels(x, [&](const auto& kernels) {
    const auto* data = data_of<Element<decltype(kernels)>>(x);
    at::parallel_for(0, std::ssize(sums), /*grain_size=*/1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        sums[static_cast<size_t>(i)] =
            kernels.sum_of_squares(data + i * kPiece, std::min(kPiece, x.numel() - i * kPiece));
    });
  });
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

}  // namespace selfreward
