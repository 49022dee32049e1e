#include "model/ops/rotary.h"

#include <ATen/ATen.h>

namespace selfreward {

using torch::Tensor;

Rotary rotary(const Tensor& positions, const Tensor& inv_freq, double attention_factor) {
  const Tensor angles = (positions.to(at::kFloat).unsqueeze(-1) * inv_freq.to(at::kFloat)).unsqueeze(1);
  if (attention_factor == 1) return {angles.cos(), angles.sin()};
  return {angles.cos() * attention_factor, angles.sin() * attention_factor};
}

Tensor rotate(const Tensor& x, const Rotary& rotary) {
  const int64_t dims = rotary.rotary_dim();
  if (dims == 0) return x;
  const Tensor wide = x.to(at::kFloat);
  const Tensor a = wide.narrow(-1, 0, dims / 2), b = wide.narrow(-1, dims / 2, dims / 2);
  const Tensor rest = wide.narrow(-1, dims, x.size(-1) - dims);
  return at::cat({a * rotary.cos - b * rotary.sin, b * rotary.cos + a * rotary.sin, rest}, /*dim=*/-1)
      .to(x.scalar_type());
}

}  // namespace selfreward
