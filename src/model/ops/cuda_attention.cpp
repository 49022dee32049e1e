#include "model/ops/cuda_attention.h"

#include <ATen/ops/_flash_attention_forward.h>

#include <numeric>

#include "model/ops/device.h"

namespace selfreward {
namespace {

using torch::Tensor;

void append_range(std::vector<int64_t>& keys, const KeyRange& range) {
  keys.resize(keys.size() + static_cast<size_t>(range.count));
  std::iota(keys.end() - range.count, keys.end(), range.begin);
}

bool counts_up(const std::vector<int64_t>& values) {
  for (size_t i = 0; i < values.size(); ++i)
    if (values[i] != static_cast<int64_t>(i)) return false;
  return true;
}

/// The keys [gathered, num_kv_heads, head_dim] of all spans. Where gradients flow the copy is made in
/// float32, so that the gradients of a key that many spans see are added in float32.
Tensor gathered(const Tensor& store, const RaggedKeys& ragged) {
  if (ragged.in_order && store.size(0) == ragged.gather.size(0)) return store;
  if (!at::GradMode::is_enabled() || !store.requires_grad()) return store.index_select(0, ragged.gather);
  return store.to(at::kFloat).index_select(0, ragged.gather).to(store.scalar_type());
}

}  // namespace

RaggedKeys ragged_keys(const AttentionPlan& plan, torch::Device device) {
  std::vector<int64_t> keys, query_begins{0}, key_begins{0};
  RaggedKeys ragged;
  for (const QuerySpan& span : plan) {
    check(span.query_begin == query_begins.back(), "[cuda_attention] a span begins at query ",
          span.query_begin, ", expected ", query_begins.back());
    for (const KeyRange& range : span.context) append_range(keys, range);
    append_range(keys, span.own());
    ragged.max_queries = std::max(ragged.max_queries, span.count);
    ragged.max_keys = std::max(ragged.max_keys, std::ssize(keys) - key_begins.back());
    query_begins.push_back(span.query_begin + span.count);
    key_begins.push_back(std::ssize(keys));
  }
  check(std::ssize(keys) <= std::numeric_limits<int32_t>::max(), "[cuda_attention] a batch of ", keys.size(),
        " keys is too large; lower the batch size");
  ragged.in_order = counts_up(keys);
  ragged.gather = index_tensor(keys, device);
  ragged.query_begins = index_tensor(query_begins, device).to(at::kInt);
  ragged.key_begins = index_tensor(key_begins, device).to(at::kInt);
  return ragged;
}

bool fits_flash_attention(const Tensor& q, const AttentionOptions& options) {
  const bool low = q.scalar_type() == at::kBFloat16 || q.scalar_type() == at::kHalf;
  return q.is_cuda() && low && q.size(2) % 8 == 0 && q.size(2) <= 256 && options.softcap <= 0;
}

Tensor flash_attention(const Tensor& q, const Tensor& k, const Tensor& v, const RaggedKeys& ragged,
                       const AttentionOptions& options) {
  std::optional<double> scale;  // absent: the operator's own, 1 / sqrt(head_dim)
  std::optional<int64_t> before, after;
  if (options.scale > 0) scale = options.scale;
  if (options.window > 0) before = options.window - 1, after = 0;  // keys before and after a query's own
  return std::get<0>(at::_flash_attention_forward(
      q, k, v, ragged.query_begins, ragged.key_begins, ragged.max_queries, ragged.max_keys, /*dropout_p=*/0,
      /*is_causal=*/true, /*return_debug_mask=*/false, scale, before, after));
}

Tensor flash_tree_attention(const Tensor& q, const Tensor& k, const Tensor& v, const RaggedKeys& ragged,
                            const AttentionOptions& options, RaggedAttention attend) {
  return attend(q, gathered(k, ragged), gathered(v, ragged), ragged, options);
}

}  // namespace selfreward
