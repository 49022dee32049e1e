#pragma once
// Attention of grouped query heads over token trees: no padding, no [tokens, tokens] mask.
#include <torch/types.h>

#include "model/token_tree.h"

namespace selfreward {

/// softmax(q k^T / sqrt(head_dim)) v, each query over the keys that `plan` shows it. Differentiable in q, k,
/// v. q [tokens, num_heads, head_dim], k and v [keys, num_kv_heads, head_dim], all float32 or all bfloat16
/// -> [tokens, num_heads, head_dim]; scores and sums are float32. The CPU has its own kernel.
torch::Tensor tree_attention(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                             const AttentionPlan& plan);

/// The same in plain tensor operations, one span at a time: what the kernel is tested against, and the path
/// of devices without a kernel.
torch::Tensor tree_attention_reference(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                                       const AttentionPlan& plan);

}  // namespace selfreward
