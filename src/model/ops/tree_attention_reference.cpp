#include <cmath>

#include "model/ops/tree_attention.h"

namespace selfreward {
namespace {

using torch::Tensor;

/// The keys of one span in the order of its path: [keys, num_kv_heads, head_dim].
Tensor keys_of(const Tensor& store, const QuerySpan& span) {
  std::vector<Tensor> parts;
  for (const KeyRange& range : span.context) parts.push_back(store.narrow(0, range.begin, range.count));
  parts.push_back(store.narrow(0, span.own().begin, span.own().count));
  return at::cat(parts);
}

/// Which keys, in the order of the path, a span's queries do not see. [queries, keys]
Tensor hidden_keys(int64_t queries, int64_t keys, int64_t window, torch::Device device) {
  const Tensor all = at::ones({queries, keys}, at::TensorOptions(at::kBool).device(device));
  const Tensor later = all.triu(keys - queries + 1);
  return window > 0 ? later.logical_or(all.tril(keys - queries - window)) : later;
}

Tensor span_attention(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& options) {
  const int64_t group = q.size(1) / k.size(1);
  const auto heads_first = [](const Tensor& x) { return x.to(at::kFloat).transpose(0, 1); };
  const Tensor kh = heads_first(k).repeat_interleave(group, 0),
               vh = heads_first(v).repeat_interleave(group, 0);
  Tensor scores = at::matmul(heads_first(q), kh.transpose(1, 2));
  scores = options.scale > 0 ? scores * options.scale : scores / std::sqrt(static_cast<double>(q.size(2)));
  if (options.softcap > 0) scores = options.softcap * at::tanh(scores / options.softcap);
  const Tensor hidden = hidden_keys(q.size(0), k.size(0), options.window, q.device());
  scores = scores.masked_fill(hidden, -std::numeric_limits<double>::infinity());
  return at::matmul(at::softmax(scores, -1), vh).transpose(0, 1).to(q.scalar_type());
}

}  // namespace

Tensor tree_attention_reference(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionPlan& plan,
                                const AttentionOptions& options) {
  std::vector<Tensor> parts;
  for (const QuerySpan& span : plan)
    parts.push_back(span_attention(q.narrow(0, span.query_begin, span.count), keys_of(k, span),
                                   keys_of(v, span), options));
  return at::cat(parts);
}

}  // namespace selfreward
