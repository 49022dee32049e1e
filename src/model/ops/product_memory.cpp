#include "model/ops/product_memory.h"

#include <algorithm>
#include <array>

#include "model/ops/counted_bytes.h"
#include "model/ops/split_product.h"

namespace selfreward {
namespace {

constexpr size_t kSizes = 3;  // rows, inner, columns
using Sizes = std::array<int64_t, kSizes>;

constexpr int64_t kLargest = 1024;

int64_t counted(const Sizes& sizes, at::ScalarType dtype) {
  const at::NoGradGuard no_grad;
  const auto [rows, inner, columns] = sizes;
  const torch::Tensor a = at::zeros({rows, inner}, dtype), b = at::zeros({inner, columns}, dtype),
                      out = at::zeros({rows, columns}, dtype);
  const auto bytes = std::make_shared<CountedBytes>();
  const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, bytes);
  whole_product_out(out, a, b);
  return bytes->peak;
}

/// counted(sizes), where a size from `from` on that is too large is drawn out from two smaller ones.
int64_t drawn_out(Sizes sizes, size_t from, at::ScalarType dtype) {
  if (from == kSizes) return counted(sizes, dtype);
  const int64_t size = sizes[from];
  if (size <= kLargest) return drawn_out(sizes, from + 1, dtype);
  sizes[from] = kLargest / 2;
  const int64_t half = drawn_out(sizes, from + 1, dtype);
  sizes[from] = kLargest;
  const int64_t whole = drawn_out(sizes, from + 1, dtype);
  return whole + (whole - half) * (size - kLargest) / (kLargest / 2);
}

}  // namespace

int64_t product_scratch(int64_t rows, int64_t inner, int64_t columns, const std::string& dtype) {
  return drawn_out({rows, inner, columns}, 0, dtype == "float32" ? at::kFloat : at::kBFloat16);
}

int64_t linear_scratch(int64_t rows, int64_t inner, int64_t columns, const std::string& dtype) {
  return std::max({product_scratch(rows, inner, columns, dtype), product_scratch(rows, columns, inner, dtype),
                   product_scratch(inner, rows, columns, dtype)});
}

}  // namespace selfreward
