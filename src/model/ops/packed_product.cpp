#include "model/ops/packed_product.h"

#include <ATen/Parallel.h>
#include <ATen/record_function.h>

#include <algorithm>

#include "model/kernels/cpu_features.h"

namespace selfreward {
namespace {

using torch::Tensor;

constexpr int64_t kBlockBytes = 1 << 20;  // of x: what stays in the second-level cache while panels pass

/// [rows, columns] as 32-bit words [rows, words], with zeros after the columns up to a whole number of
/// blocks.
Tensor as_words(const Tensor& matrix, int64_t word_block) {
  const int64_t block = word_block * 4 / matrix.element_size(), rest = matrix.size(1) % block;
  const Tensor padded = rest ? at::constant_pad_nd(matrix, {0, block - rest}) : matrix.contiguous();
  return padded.view(at::kInt);
}

const ProductKernel& kernel_of(const ProductKernelSet& kernels, at::ScalarType type) {
  return type == at::kFloat ? kernels.float32 : kernels.bfloat16;
}

/// words [outputs, words] -> panels [words, width]; outputs that are not there become 0.
void fill_panel(const int32_t* from, int64_t words, int64_t outputs, int64_t width, int32_t* to) {
  for (int64_t word = 0; word < words; ++word)
    for (int64_t i = 0; i < width; ++i) *to++ = i < outputs ? from[i * words + word] : 0;
}

/// x as the kernel reads it.
Tensor input_words(const Tensor& x, const ProductKernel& kernel) {
  return as_words(kernel.wide_x ? x.to(at::kFloat) : x, kernel.word_block * (kernel.wide_x ? 2 : 1));
}

/// Rows of x that one task multiplies: as many as stay in the cache, in whole tiles of 32.
int64_t block_rows(int64_t words) {
  return std::clamp<int64_t>(kBlockBytes / (words * 4) / 32 * 32, 32, kProductRows);
}

}  // namespace

std::vector<const ProductKernelSet*> runnable_product_kernels() {
  std::vector<const ProductKernelSet*> sets{&kProductKernelsBase};
#ifdef __x86_64__
  const bool pairs = cpu_level() >= CpuLevel::avx512_bf16, fast_pairs = pairs && has_fast_bfloat16();
  if (pairs && !fast_pairs) sets.push_back(&kProductKernelsAvx512Bf16);  // on a Xeon 6 slower than widening
  if (cpu_level() >= CpuLevel::avx512) sets.push_back(&kProductKernelsAvx512);
  if (fast_pairs) sets.push_back(&kProductKernelsAvx512Bf16);
  if (cpu_level() >= CpuLevel::amx) sets.push_back(&kProductKernelsAmx);
#endif
  return sets;
}

PackedWeights pack_weights(const Tensor& weights, const ProductKernelSet& kernels) {
  const ProductKernel& kernel = kernel_of(kernels, weights.scalar_type());
  const Tensor from = as_words(weights, kernel.word_block);
  const int64_t outputs = weights.size(0), words = from.size(1), width = kernel.width;
  const int64_t panels = (outputs + width - 1) / width;
  Tensor packed = at::empty({panels, words, width}, from.options());
  const auto* source = static_cast<const int32_t*>(from.const_data_ptr());
  int32_t* to = packed.mutable_data_ptr<int32_t>();
  at::parallel_for(0, panels, 1, [&](int64_t begin, int64_t end) {
    for (int64_t p = begin; p < end; ++p)
      fill_panel(source + p * width * words, words, std::min(width, outputs - p * width), width,
                 to + p * width * words);
  });
  return {packed, outputs, &kernel};
}

Tensor packed_product(const Tensor& x, const PackedWeights& weights) {
  RECORD_FUNCTION("packed_product", {});
  const ProductKernel& kernel = *weights.kernel;
  const Tensor from = input_words(x, kernel);
  const int64_t rows = x.size(0), words = weights.panels.size(1), panels = weights.panels.size(0);
  const int64_t row_words = from.size(1), block = block_rows(row_words), blocks = (rows + block - 1) / block;
  Tensor y = at::empty({rows, weights.outputs}, x.options());
  const auto* source = static_cast<const uint32_t*>(from.const_data_ptr());
  const auto* panel = static_cast<const uint32_t*>(weights.panels.const_data_ptr());
  auto* out = static_cast<char*>(y.mutable_data_ptr());
  at::parallel_for(0, blocks * panels, 1, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t row = task / panels * block, first = task % panels * kernel.width;
      kernel.multiply({source + row * row_words, std::min(block, rows - row), words, panel + first * words,
                       out + (row * weights.outputs + first) * y.element_size(), weights.outputs,
                       std::min(kernel.width, weights.outputs - first)});
    }
  });
  return y;
}

}  // namespace selfreward
