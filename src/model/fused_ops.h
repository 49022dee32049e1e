#pragma once
// What a transformer block does between its matrix products, each in one pass over memory, differentiable.
// On a CPU in float32 or bfloat16 the kernels of row_kernels.h run; elsewhere the plain version, which is
// also what the tests compare with. Results do not depend on the number of threads.
#include <torch/types.h>

#include <utility>

#include "model/rotary.h"

namespace selfreward {

/// x / rms(x) * weight, the mean square in float32, the quotient rounded to x's dtype before the product
/// (Zhang & Sennrich 2019, arXiv 1910.07467). x [tokens, hidden], weight [hidden] of any float dtype -> as x.
torch::Tensor rms_norm(const torch::Tensor& x, const torch::Tensor& weight, double eps);
torch::Tensor rms_norm_reference(const torch::Tensor& x, const torch::Tensor& weight, double eps);

/// {x + delta, rms_norm(x + delta)}: the residual sum and the input of the next layer, both [tokens, hidden].
std::pair<torch::Tensor, torch::Tensor> add_rms_norm(const torch::Tensor& x, const torch::Tensor& delta,
                                                     const torch::Tensor& weight, double eps);
std::pair<torch::Tensor, torch::Tensor> add_rms_norm_reference(const torch::Tensor& x,
                                                               const torch::Tensor& delta,
                                                               const torch::Tensor& weight, double eps);

/// silu(gate) * up (Shazeer 2020, arXiv 2002.05202), silu rounded to the dtype before the product.
/// gate_up [tokens, 2 * intermediate], gate first -> [tokens, intermediate].
torch::Tensor swiglu(const torch::Tensor& gate_up);
torch::Tensor swiglu_reference(const torch::Tensor& gate_up);

struct QueryKeyValue {
  torch::Tensor q;     // [tokens, num_heads, head_dim] turned by its position
  torch::Tensor k, v;  // [tokens, num_kv_heads, head_dim]; k turned
};
/// Takes q, k and v of one product apart and turns q and k as rotate() of layers.h does.
/// qkv [tokens, (num_heads + 2 * num_kv_heads) * head_dim], in this order.
QueryKeyValue split_rotate(const torch::Tensor& qkv, const Rotary& rotary, int64_t num_heads,
                           int64_t num_kv_heads);
QueryKeyValue split_rotate_reference(const torch::Tensor& qkv, const Rotary& rotary, int64_t num_heads,
                                     int64_t num_kv_heads);

/// x^T, contiguous; not differentiable. oneDNN's bfloat16 products take twice the time where it must turn an
/// operand itself: dW = dY^T X is fastest as at::mm(transposed(dY), X). x [rows, columns] -> [columns, rows].
torch::Tensor transposed(const torch::Tensor& x);

}  // namespace selfreward
