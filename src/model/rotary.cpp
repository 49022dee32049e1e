#include "model/rotary.h"

#include <ATen/ATen.h>

namespace selfreward {

using torch::Tensor;

Rotary rotary(const Tensor& positions, int64_t head_dim, double theta) {
  const auto options = positions.options().dtype(at::kFloat);
  const Tensor exponents = at::arange(0, head_dim, 2, options) / static_cast<double>(head_dim);
  const Tensor angles = positions.to(at::kFloat).unsqueeze(-1) / at::pow(theta, exponents);
  return {angles.cos().unsqueeze(1), angles.sin().unsqueeze(1)};
}

Tensor rotate(const Tensor& x, const Rotary& rotary) {
  const auto halves = x.to(at::kFloat).chunk(2, /*dim=*/-1);
  const Tensor turned = at::cat(
      {halves[0] * rotary.cos - halves[1] * rotary.sin, halves[1] * rotary.cos + halves[0] * rotary.sin},
      /*dim=*/-1);
  return turned.to(x.scalar_type());
}

}  // namespace selfreward
