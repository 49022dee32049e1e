#pragma once
// y = x W^T for many x and one W, without gradients: W is laid out once so that it streams from memory at
// full speed.
#include <torch/types.h>

#include "model/kernels/product/kernel.h"

namespace selfreward {

/// A matrix [outputs, inputs] in the layout of a kernel.
struct PackedWeights {
  torch::Tensor panels;  // [panels, words, width] int32
  int64_t outputs;
  const ProductKernel* kernel;
};

/// weights [outputs, inputs] float32 or bfloat16, on the CPU.
PackedWeights pack_weights(const torch::Tensor& weights,
                           const ProductKernelSet& kernels = *runnable_product_kernels().back());

/// x [rows, inputs] of the weights' dtype -> [rows, outputs].
torch::Tensor packed_product(const torch::Tensor& x, const PackedWeights& weights);

}  // namespace selfreward
