#pragma once
// Attention over token trees on a GPU: ATen's flash attention (Dao 2023, arXiv 2307.08691) over a ragged
// batch. Every span becomes a sequence of queries whose keys, its path and then its own, lie side by side.
//   flash_tree_attention(q, k, v, ragged_keys(plan, q.device()), options)
#include <torch/types.h>

#include "model/ops/attention_options.h"
#include "model/tree/token_tree.h"

namespace selfreward {

/// An AttentionPlan as operators for ragged batches want it. One serves all layers of a forward pass.
struct RaggedKeys {
  torch::Tensor gather;        // [gathered] int64, keys of the store: those of span 0, of span 1, ...
  torch::Tensor query_begins;  // [spans + 1] int32: span i has the queries from begins[i] to begins[i + 1]
  torch::Tensor key_begins;    // [spans + 1] int32: the same for its places in `gather`
  int64_t max_queries = 0, max_keys = 0;  // of one span
  bool in_order = false;                  // gather is 0, 1, 2, ...
};

/// Spans must list the queries in their flat order, without a gap.
RaggedKeys ragged_keys(const AttentionPlan& plan, torch::Device device);

/// Causal attention within each span; its last query sees its last key. q [tokens, num_heads, head_dim], k
/// and v [gathered, num_kv_heads, head_dim] -> [tokens, num_heads, head_dim].
using RaggedAttention = torch::Tensor (*)(const torch::Tensor& q, const torch::Tensor& k,
                                          const torch::Tensor& v, const RaggedKeys& ragged,
                                          const AttentionOptions& options);
torch::Tensor flash_attention(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                              const RaggedKeys& ragged, const AttentionOptions& options);

/// Whether flash_attention can take q: on a GPU, bfloat16 or float16, head_dim a multiple of 8 up to 256, and
/// no softcap, for which ATen's operator has no argument.
bool fits_flash_attention(const torch::Tensor& q, const AttentionOptions& options);

/// What tree_attention computes, by `attend`. q [tokens, num_heads, head_dim], k and v [keys, num_kv_heads,
/// head_dim] -> [tokens, num_heads, head_dim]. Differentiable; gradients of shared keys are summed in
/// float32.
torch::Tensor flash_tree_attention(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                                   const RaggedKeys& ragged, const AttentionOptions& options,
                                   RaggedAttention attend = flash_attention);

}  // namespace selfreward
