#pragma once
// What a transformer block does between its matrix products, each in one pass over memory, differentiable.
// On a CPU in float32 or bfloat16 the kernels of model/kernels/rows/ run; elsewhere the plain version, which
// is also what the tests compare with. Results do not depend on the number of threads.
#include <torch/types.h>

#include <utility>

#include "model/ops/rotary.h"

namespace selfreward {

/// How an RMS norm rounds: kLlama rounds x / rms(x) to the dtype before the product with the weight (Llama,
/// Mistral, Qwen, Phi-3); kOlmo multiplies in float32 and rounds once (OLMo 2); kGemma does the same with
/// 1 + weight (Gemma).
enum class NormKind { kLlama, kOlmo, kGemma };

/// x / rms(x) * weight, the mean square in float32 (Zhang & Sennrich 2019, arXiv 1910.07467). x [...,
/// hidden], weight [hidden] of any float dtype, which is rounded to x's -> as x.
torch::Tensor rms_norm(const torch::Tensor& x, const torch::Tensor& weight, double eps,
                       NormKind kind = NormKind::kLlama);
torch::Tensor rms_norm_reference(const torch::Tensor& x, const torch::Tensor& weight, double eps,
                                 NormKind kind = NormKind::kLlama);

/// {x + delta, rms_norm(x + delta)}: the residual sum and the input of the next layer, both [tokens, hidden].
std::pair<torch::Tensor, torch::Tensor> add_rms_norm(const torch::Tensor& x, const torch::Tensor& delta,
                                                     const torch::Tensor& weight, double eps,
                                                     NormKind kind = NormKind::kLlama);
std::pair<torch::Tensor, torch::Tensor> add_rms_norm_reference(const torch::Tensor& x,
                                                               const torch::Tensor& delta,
                                                               const torch::Tensor& weight, double eps,
                                                               NormKind kind = NormKind::kLlama);

/// silu(gate) * up (Shazeer 2020, arXiv 2002.05202), silu rounded to the dtype before the product.
/// gate_up [tokens, 2 * intermediate], gate first -> [tokens, intermediate].
torch::Tensor swiglu(const torch::Tensor& gate_up);
torch::Tensor swiglu_reference(const torch::Tensor& gate_up);

/// The same with gelu for silu, its approximation by tanh ("gelu_pytorch_tanh").
torch::Tensor geglu(const torch::Tensor& gate_up);
torch::Tensor geglu_reference(const torch::Tensor& gate_up);

struct QueryKeyValue {
  torch::Tensor q;     // [tokens, num_heads, head_dim] turned by its position
  torch::Tensor k, v;  // [tokens, num_kv_heads, head_dim]; k turned
};
/// Norms of q and k before they are turned: none (Llama), of each head's row [head_dim] (Qwen3, Gemma 3) or
/// of all heads together [heads * head_dim] (OLMo 2): the weight's size tells.
struct HeadNorms {
  torch::Tensor q_weight, k_weight;
  double eps = 1e-6;
  NormKind kind = NormKind::kLlama;
};
/// Takes q, k and v of one product apart, norms q and k and turns them as rotate() of rotary.h does.
/// qkv [tokens, (num_heads + 2 * num_kv_heads) * head_dim], in this order. A norm's weight of another size is
/// an error.
QueryKeyValue split_rotate(const torch::Tensor& qkv, const Rotary& rotary, int64_t num_heads,
                           int64_t num_kv_heads, const HeadNorms& norms = {});
QueryKeyValue split_rotate_reference(const torch::Tensor& qkv, const Rotary& rotary, int64_t num_heads,
                                     int64_t num_kv_heads, const HeadNorms& norms = {});

/// The first step of split_rotate on a CPU: qkv, contiguous, float32 or bfloat16, with q and k normed.
torch::Tensor norm_heads(const torch::Tensor& qkv, int64_t num_heads, int64_t num_kv_heads,
                         const HeadNorms& norms);

/// x^T, contiguous; not differentiable. oneDNN's bfloat16 products take twice the time where it must turn an
/// operand itself: dW = dY^T X is fastest as at::mm(transposed(dY), X). x [rows, columns] -> [columns, rows].
torch::Tensor transposed(const torch::Tensor& x);

}  // namespace selfreward
