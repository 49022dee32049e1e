#pragma once
// Products of matrices in training, on all threads.
#include <torch/types.h>

namespace selfreward {

/// a b: [m, k] [k, n] -> [m, n] in their dtype; not differentiable. oneDNN leaves many of bfloat16's shapes
/// with fewer than 2048 rows and columns to one thread, however many there are (1280x576 times 576x960 runs
/// at 1.3 TFLOP/s with one thread and with two); these are split, each thread multiplying its rows or
/// columns.
torch::Tensor split_product(const torch::Tensor& a, const torch::Tensor& b);
void split_product_out(const torch::Tensor& out, const torch::Tensor& a, const torch::Tensor& b);
/// The same by one call of LibTorch.
void whole_product_out(const torch::Tensor& out, const torch::Tensor& a, const torch::Tensor& b);

}  // namespace selfreward
