#pragma once
// Attention of grouped query heads over token trees: no padding, no [tokens, tokens] mask.
//   const SharedPlan plan = prepare_plan(attention_plan(tree), device);  // once for all layers
//   const torch::Tensor out = tree_attention(q, k, v, plan);
//   tree_attention(q, k, v, plan, {.window = 512});  // the same plan serves layers of any window
#include <torch/types.h>

#include <memory>

#include "model/ops/attention_options.h"
#include "model/tree/token_tree.h"

namespace selfreward {

/// An AttentionPlan as the attention of a device wants it; all layers of a forward pass share one.
struct PreparedPlan;
using SharedPlan = std::shared_ptr<const PreparedPlan>;
/// Of a plan over the batch's own keys.
SharedPlan prepare_plan(AttentionPlan plan, torch::Device device);
/// Of a plan over the slots of a store.
SharedPlan prepare_store_plan(AttentionPlan plan, torch::Device device);

/// Keys and values of one layer, addressed by slot: the storage under a KV cache. On a CPU they lie in pages
/// as the kernel wants them (model/kernels/attention/kernel.h), elsewhere as [slots, num_kv_heads, head_dim].
class KeyValueStore {
 public:
  KeyValueStore(int64_t slots, int64_t num_kv_heads, int64_t head_dim, const torch::TensorOptions& options);

  /// k and v [tokens, num_kv_heads, head_dim], compute dtype; slots [tokens] int64 on the same device. Slots
  /// of a page are written in ascending order, the first of them (a multiple of 32) first.
  void write(const torch::Tensor& slots, const torch::Tensor& k, const torch::Tensor& v);

  const torch::Tensor& keys() const { return keys_; }
  const torch::Tensor& values() const { return values_; }

 private:
  torch::Tensor keys_, values_;
};

/// softmax(scale q k^T) v, each query over the keys that `plan` shows it. Differentiable in q, k, v.
/// q [tokens, num_heads, head_dim], k and v [keys, num_kv_heads, head_dim], all float32 or all bfloat16
/// -> [tokens, num_heads, head_dim]; scores and sums are float32. The CPU has its own kernel.
torch::Tensor tree_attention(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                             const SharedPlan& plan, const AttentionOptions& options = {});

/// The same over keys and values in a store, without gradients.
torch::Tensor tree_attention(const torch::Tensor& q, const KeyValueStore& store, const SharedPlan& plan,
                             const AttentionOptions& options = {});

/// The same in plain tensor operations, one span at a time: what the kernel is tested against, and the path
/// of devices without a kernel.
torch::Tensor tree_attention_reference(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                                       const AttentionPlan& plan, const AttentionOptions& options = {});

}  // namespace selfreward
