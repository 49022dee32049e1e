#include "model/tree_attention.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>

#include "model/attention_kernel.h"

namespace selfreward {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

AttentionShape shape_of(const Tensor& q, const Tensor& k) {
  return {q.size(1), k.size(1), q.size(2), 1.0f / std::sqrt(static_cast<float>(q.size(2)))};
}

template <typename T>
T* data_of(const Tensor& tensor) {
  return static_cast<T*>(tensor.data_ptr());
}

template <typename T>
AttentionForward<T> forward_view(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& out,
                                 const Tensor& lse) {
  return {data_of<T>(q), data_of<T>(k), data_of<T>(v), data_of<T>(out), data_of<float>(lse)};
}

/// Runs task(index, scratch) for index in [0, count) on all threads; every task writes its own rows.
template <typename Task>
void parallel_tasks(int64_t count, const AttentionShape& shape, Task task) {
  at::parallel_for(0, count, /*grain_size=*/1, [&](int64_t begin, int64_t end) {
    std::vector<float> scratch(static_cast<size_t>(attention_kernels().scratch_floats(shape)));
    for (int64_t i = begin; i < end; ++i) task(i, scratch.data());
  });
}

void run_forward(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& out, const Tensor& lse,
                 const AttentionPlan& plan) {
  const AttentionShape shape = shape_of(q, k);
  const int64_t spans = static_cast<int64_t>(plan.size());
  const AttentionKernels& kernels = attention_kernels();
  // Neighbouring tasks are spans of one head, so each thread gets a mix of long and short spans.
  parallel_tasks(spans * shape.num_kv_heads, shape, [&](int64_t i, float* scratch) {
    const QuerySpan& span = plan[static_cast<size_t>(i / shape.num_kv_heads)];
    const int64_t kv_head = i % shape.num_kv_heads;
    if (q.scalar_type() == at::kFloat) {
      kernels.forward_f32(forward_view<float>(q, k, v, out, lse), shape, span, kv_head, scratch);
    } else {
      kernels.forward_bf16(forward_view<uint16_t>(q, k, v, out, lse), shape, span, kv_head, scratch);
    }
  });
}

/// Ranges of spans that share keys: [begin, end) in the plan, which lists tree after tree.
std::vector<std::pair<size_t, size_t>> trees_of(const AttentionPlan& plan) {
  std::vector<std::pair<size_t, size_t>> trees;
  for (size_t i = 0; i < plan.size(); ++i) {
    if (i == 0 || plan[i].tree != plan[i - 1].tree) trees.emplace_back(i, i);
    trees.back().second = i + 1;
  }
  return trees;
}

/// Gradients of keys are sums over the spans of a tree; one task does a whole tree for one head, so sums have
/// one order whatever the number of threads.
template <typename T, typename Kernel>
void run_backward(const AttentionBackward<T>& tensors, const AttentionShape& shape, const AttentionPlan& plan,
                  Kernel kernel) {
  const auto trees = trees_of(plan);
  parallel_tasks(static_cast<int64_t>(trees.size()) * shape.num_kv_heads, shape,
                 [&](int64_t i, float* scratch) {
                   const auto [begin, end] = trees[static_cast<size_t>(i / shape.num_kv_heads)];
                   for (size_t span = begin; span < end; ++span)
                     kernel(tensors, shape, plan[span], i % shape.num_kv_heads, scratch);
                 });
}

struct PlanHolder : torch::CustomClassHolder {
  explicit PlanHolder(AttentionPlan held) : plan(std::move(held)) {}
  AttentionPlan plan;
};

Tensor forward_only(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionPlan& plan) {
  const Tensor out = at::empty_like(q);
  const Tensor lse = at::empty({q.size(0), q.size(1)}, q.options().dtype(at::kFloat));
  run_forward(q, k, v, out, lse, plan);
  return out;
}

class TreeAttention : public torch::autograd::Function<TreeAttention> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& q_in, const Tensor& k_in, const Tensor& v_in,
                        const AttentionPlan& plan) {
    const Tensor q = q_in.contiguous(), k = k_in.contiguous(), v = v_in.contiguous();
    const Tensor out = at::empty_like(q);
    const Tensor lse = at::empty({q.size(0), q.size(1)}, q.options().dtype(at::kFloat));
    run_forward(q, k, v, out, lse, plan);
    context->save_for_backward({q, k, v, out, lse});
    context->saved_data["plan"] = c10::IValue::make_capsule(c10::make_intrusive<PlanHolder>(plan));
    return out;
  }

  static variable_list backward(AutogradContext* context, variable_list grads) {
    const auto saved = context->get_saved_variables();
    const Tensor &q = saved[0], &k = saved[1], &v = saved[2], &out = saved[3], &lse = saved[4];
    const Tensor grad_out = grads[0].contiguous();
    const auto held = context->saved_data["plan"].toCapsule();
    const AttentionPlan& plan = static_cast<const PlanHolder&>(*held).plan;
    const auto options = q.options().dtype(at::kFloat);
    const Tensor grad_q = at::empty(q.sizes(), options);
    const Tensor grad_k = at::zeros(k.sizes(), options), grad_v = at::zeros(v.sizes(), options);
    const AttentionShape shape = shape_of(q, k);
    const auto launch = [&](auto zero, auto kernel) {
      using T = decltype(zero);
      run_backward(
          AttentionBackward<T>{forward_view<T>(q, k, v, out, lse), data_of<T>(grad_out),
                               data_of<float>(grad_q), data_of<float>(grad_k), data_of<float>(grad_v)},
          shape, plan, kernel);
    };
    if (q.scalar_type() == at::kFloat) {
      launch(float{}, attention_kernels().backward_f32);
    } else {
      launch(uint16_t{}, attention_kernels().backward_bf16);
    }
    return {grad_q.to(q.scalar_type()), grad_k.to(k.scalar_type()), grad_v.to(v.scalar_type()), Tensor()};
  }
};

/// The keys of one span in the order of its path: [keys, num_kv_heads, head_dim].
Tensor keys_of(const Tensor& store, const QuerySpan& span) {
  std::vector<Tensor> parts;
  for (const KeyRange& range : span.context) parts.push_back(store.narrow(0, range.begin, range.count));
  parts.push_back(store.narrow(0, span.self_begin, span.count));
  return at::cat(parts);
}

Tensor span_attention(const Tensor& q, const Tensor& k, const Tensor& v) {
  const int64_t queries = q.size(0), keys = k.size(0), group = q.size(1) / k.size(1);
  const auto heads_first = [](const Tensor& x) { return x.to(at::kFloat).transpose(0, 1); };
  const Tensor kh = heads_first(k).repeat_interleave(group, 0),
               vh = heads_first(v).repeat_interleave(group, 0);
  Tensor scores = at::matmul(heads_first(q), kh.transpose(1, 2)) / std::sqrt(static_cast<double>(q.size(2)));
  const Tensor hidden = at::ones({queries, keys}, q.options().dtype(at::kBool)).triu(keys - queries + 1);
  scores = scores.masked_fill(hidden, -std::numeric_limits<double>::infinity());
  return at::matmul(at::softmax(scores, -1), vh).transpose(0, 1).to(q.scalar_type());
}

}  // namespace

Tensor tree_attention_reference(const Tensor& q, const Tensor& k, const Tensor& v,
                                const AttentionPlan& plan) {
  std::vector<Tensor> parts;
  for (const QuerySpan& span : plan)
    parts.push_back(
        span_attention(q.narrow(0, span.query_begin, span.count), keys_of(k, span), keys_of(v, span)));
  return at::cat(parts);
}

Tensor tree_attention(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionPlan& plan) {
  if (!q.device().is_cpu()) return tree_attention_reference(q, k, v, plan);
  if (!at::GradMode::is_enabled()) return forward_only(q.contiguous(), k.contiguous(), v.contiguous(), plan);
  return TreeAttention::apply(q, k, v, plan);
}

}  // namespace selfreward
