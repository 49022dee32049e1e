#pragma once
// CPU kernels of model/ops/packed_product.h. One source (kernel.inl) is compiled for AVX2, AVX-512 without and with
// products of bfloat16, and AMX, on arm64 for NEON.
//
// Both operands are seen as 32-bit words: one float, or two bfloat16 of neighbouring depth. A kernel without
// products of bfloat16 takes x as floats, two a word, so that they are widened once and not for each panel.
// Weights lie in panels of `width` outputs, [panels, words, width], so that what is multiplied next lies next
// in memory.
#include <cstdint>
#include <vector>

namespace selfreward {

/// One panel times a block of rows.
struct PanelProduct {
  const uint32_t* x;  // [rows, words], or [rows, 2 * words] floats
  int64_t rows, words;
  const uint32_t* panel;    // [words, width]
  void* y;                  // [rows, stride] float or bfloat16
  int64_t stride, outputs;  // of the panel's outputs the first `outputs` are wanted
};
constexpr int64_t kProductRows = 256;  // at most, of a task

/// A kernel for one dtype on one instruction set. Every element of y is summed over ascending depth, whatever
/// the rows beside it.
struct ProductKernel {
  int64_t width;       // outputs of a panel
  int64_t word_block;  // `words` is a multiple of it
  bool wide_x;         // of bfloat16: x is floats
  void (*multiply)(const PanelProduct&);
};

struct ProductKernelSet {
  const char* name;
  ProductKernel float32, bfloat16;
};
extern const ProductKernelSet kProductKernelsBase, kProductKernelsAvx512, kProductKernelsAvx512Bf16,
    kProductKernelsAmx;

/// The kernels that this processor runs, the fastest last.
std::vector<const ProductKernelSet*> runnable_product_kernels();

}  // namespace selfreward
