#include "model/ops/split_product.h"

#include <ATen/Parallel.h>

#include "model/kernels/cpu_features.h"

namespace selfreward {
namespace {

using torch::Tensor;

constexpr int64_t kLarge = 2048;  // rows or columns that oneDNN shares out well
constexpr int64_t kTile = 32;     // a thread gets a multiple

bool is_faster_widened(const Tensor& out) {
  return out.device().is_cpu() && out.scalar_type() == at::kBFloat16 && !has_fast_bfloat16();
}

bool needs_split(const Tensor& out) {
  return out.device().is_cpu() && out.scalar_type() == at::kBFloat16 && at::get_num_threads() > 1 &&
         std::max(out.size(0), out.size(1)) < kLarge;
}

}  // namespace

void whole_product_out(const Tensor& out_in, const Tensor& a, const Tensor& b) {
  Tensor out = out_in;
  if (is_faster_widened(out))
    out.copy_(at::mm(a.to(at::kFloat), b.to(at::kFloat)));
  else
    at::mm_out(out, a, b);
}

void split_product_out(const Tensor& out, const Tensor& a, const Tensor& b) {
  if (is_faster_widened(out) || !needs_split(out)) return whole_product_out(out, a, b);
  const int64_t dim = out.size(0) >= out.size(1) ? 0 : 1, size = out.size(dim),
                threads = at::get_num_threads();
  const int64_t piece = ((size + threads - 1) / threads + kTile - 1) / kTile * kTile;
  at::parallel_for(0, threads, /*grain_size=*/1, [&](int64_t begin, int64_t end) {
    const at::NoGradGuard no_grad;  // of this thread
    for (int64_t first = begin * piece; first < std::min(size, end * piece); first += piece) {
      const int64_t count = std::min(piece, size - first);
      Tensor part = out.narrow(dim, first, count);
      at::mm_out(part, dim == 0 ? a.narrow(0, first, count) : a, dim == 1 ? b.narrow(1, first, count) : b);
    }
  });
}

Tensor split_product(const Tensor& a, const Tensor& b) {
  const Tensor out = at::empty({a.size(0), b.size(1)}, a.options().requires_grad(false));
  split_product_out(out, a, b);
  return out;
}

}  // namespace selfreward
