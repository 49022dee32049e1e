#include "model/ops/tree_attention.h"

#include <ATen/Parallel.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <unordered_map>

#include "model/ops/attention_pages.h"
#include "model/ops/cuda_attention.h"
#include "model/ops/device.h"

namespace selfreward {

struct PreparedPlan {
  AttentionPlan plan;              // as it was given; what follows is of a CPU or of a GPU
  std::vector<QueryBlock> blocks;  // over slots of pages
  torch::Tensor slots;             // [keys] where the pages of a batch's own keys hold them
  int64_t num_slots = 0;           // of those pages
  RaggedKeys ragged;
};

namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

AttentionShape shape_of(const Tensor& q, int64_t num_kv_heads, const AttentionOptions& options) {
  const float usual = 1.0f / std::sqrt(static_cast<float>(q.size(2)));
  const float scale = options.scale > 0 ? static_cast<float>(options.scale) : usual;
  const double cap = options.softcap / static_cast<double>(scale);
  return {q.size(1), num_kv_heads, q.size(2), scale, options.window, static_cast<float>(cap)};
}

/// Runs task(index, scratch) for index in [0, count), each on the thread that is free first, from the last
/// one on: the last blocks of a long prompt see the most keys. Every task writes its own rows.
template <typename Task>
void parallel_tasks(int64_t count, int64_t scratch_bytes, Task task) {
  std::atomic<int64_t> left = count;
  const int64_t threads = std::min<int64_t>(count, at::get_num_threads());
  at::parallel_for(0, threads, /*grain_size=*/1, [&](int64_t, int64_t) {
    std::vector<char> scratch(static_cast<size_t>(scratch_bytes));
    for (int64_t i; (i = --left) >= 0;) task(i, scratch.data());
  });
}

struct Output {
  Tensor out, lse;  // [tokens, num_heads, head_dim]; [tokens, num_heads] float32 where it is wanted
};

Output run_forward(const Tensor& q, const Tensor& keys, const Tensor& values, const AttentionShape& shape,
                   const std::vector<QueryBlock>& blocks, bool want_lse) {
  RECORD_FUNCTION("tree_attention forward", {});
  const Output made{at::empty_like(q), want_lse ? at::empty({q.size(0), q.size(1)}, at::kFloat) : Tensor()};
  const AttentionKernels& kernels = kernels_for(q.scalar_type());
  const AttentionForward tensors{q.data_ptr(), keys.data_ptr(), values.data_ptr(), made.out.data_ptr(),
                                 want_lse ? made.lse.data_ptr<float>() : nullptr};
  const int64_t heads = shape.num_kv_heads;
  parallel_tasks(std::ssize(blocks) * heads, kernels.scratch_bytes(shape), [&](int64_t i, void* scratch) {
    kernels.forward(tensors, shape, blocks[static_cast<size_t>(i / heads)], i % heads, scratch);
  });
  return made;
}

/// Blocks over a batch's own keys, which are moved so that every span's keys begin a page: trees then share
/// no page.
void lay_in_pages(PreparedPlan& made) {
  AttentionPlan paged = made.plan;
  std::vector<int64_t> slots;
  std::unordered_map<int64_t, int64_t> moved;  // first key of a span -> its slot
  for (QuerySpan& span : paged) {
    moved[span.self_begin] = made.num_slots;
    span.self_begin = made.num_slots;
    for (int64_t i = 0; i < span.count; ++i) slots.push_back(made.num_slots + i);
    for (KeyRange& range : span.context) range.begin = moved.at(range.begin);
    made.num_slots += whole_pages(span.count);
  }
  made.slots = index_tensor(slots, at::kCPU);
  made.blocks = attention_blocks(paged);
}

/// Ranges of blocks that share keys: [begin, end), tree after tree.
std::vector<std::pair<size_t, size_t>> trees_of(const std::vector<QueryBlock>& blocks) {
  std::vector<std::pair<size_t, size_t>> trees;
  for (size_t i = 0; i < blocks.size(); ++i) {
    if (i == 0 || blocks[i].tree != blocks[i - 1].tree) trees.emplace_back(i, i);
    trees.back().second = i + 1;
  }
  return trees;
}

struct PlanHolder : torch::CustomClassHolder {
  PlanHolder(SharedPlan held, const AttentionOptions& of) : plan(std::move(held)), options(of) {}
  const SharedPlan plan;
  const AttentionOptions options;
};

/// A batch's own keys or values [keys, num_kv_heads, head_dim] in pages.
Tensor packed(const Tensor& x, const AttentionShape& shape, const PreparedPlan& plan, WriteRow write) {
  const Tensor pages = empty_pages(plan.num_slots, shape, element_type(x.scalar_type()));
  write_pages(pages, plan.slots, x, write);
  return pages;
}

Output forward_over_batch(const Tensor& q, const Tensor& k, const Tensor& v, const PreparedPlan& plan,
                          const AttentionOptions& options, bool want_lse) {
  const AttentionKernels& kernels = kernels_for(q.scalar_type());
  const AttentionShape shape = shape_of(q, k.size(1), options);
  return run_forward(q, packed(k, shape, plan, kernels.write_row),
                     packed(v, shape, plan, kernels.write_paired), shape, plan.blocks, want_lse);
}

class TreeAttention : public torch::autograd::Function<TreeAttention> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& q_in, const Tensor& k_in, const Tensor& v_in,
                        const SharedPlan& plan, const AttentionOptions& options) {
    const Tensor q = q_in.contiguous(), k = k_in.contiguous(), v = v_in.contiguous();
    const Output made = forward_over_batch(q, k, v, *plan, options, /*want_lse=*/true);
    context->save_for_backward({q, k, v, made.out, made.lse});
    context->saved_data["plan"] = c10::IValue::make_capsule(c10::make_intrusive<PlanHolder>(plan, options));
    return made.out;
  }

  /// Gradients of keys are sums over the blocks of a tree; one task does a whole tree for one head, so sums
  /// have one order whatever the number of threads.
  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    RECORD_FUNCTION("tree_attention backward", {});
    const auto saved = context->get_saved_variables();
    const Tensor &q = saved[0], &k = saved[1], &v = saved[2], &out = saved[3], &lse = saved[4];
    const auto capsule = context->saved_data["plan"].toCapsule();
    const auto& held = static_cast<const PlanHolder&>(*capsule);
    const PreparedPlan& plan = *held.plan;
    const AttentionShape shape = shape_of(q, k.size(1), held.options);
    const AttentionKernels& kernels = kernels_for(q.scalar_type());
    const auto zeros = [&] { return empty_pages(plan.num_slots, shape, at::kFloat).zero_(); };
    const Tensor grad_out = grads[0].contiguous(), grad_q = at::empty_like(q);
    const Tensor grad_keys = zeros(), grad_values = zeros();
    const Tensor keys = packed(k, shape, plan, kernels.write_row),
                 values = packed(v, shape, plan, kernels.write_row);
    // Pairs of floats are rows.
    const Tensor keys_paired =
        kernels.element_size == 4 ? keys : packed(k, shape, plan, kernels.write_paired);
    const AttentionBackward tensors{q.data_ptr(),
                                    out.data_ptr(),
                                    grad_out.data_ptr(),
                                    keys.data_ptr(),
                                    keys_paired.data_ptr(),
                                    values.data_ptr(),
                                    lse.data_ptr<float>(),
                                    grad_q.data_ptr(),
                                    grad_keys.data_ptr<float>(),
                                    grad_values.data_ptr<float>()};
    const auto trees = trees_of(plan.blocks);
    parallel_tasks(std::ssize(trees) * shape.num_kv_heads, kernels.scratch_bytes(shape),
                   [&](int64_t i, void* scratch) {
                     const auto [begin, end] = trees[static_cast<size_t>(i / shape.num_kv_heads)];
                     for (size_t block = begin; block < end; ++block)
                       kernels.backward(tensors, shape, plan.blocks[block], i % shape.num_kv_heads, scratch);
                   });
    return {grad_q, rows_of(grad_keys, plan.slots, shape.head_dim, k.scalar_type()),
            rows_of(grad_values, plan.slots, shape.head_dim, v.scalar_type()), Tensor(), Tensor()};
  }
};

}  // namespace

SharedPlan prepare_plan(AttentionPlan plan, torch::Device device) {
  PreparedPlan made;
  made.plan = std::move(plan);
  if (device.is_cpu()) lay_in_pages(made);
  if (device.is_cuda()) made.ragged = ragged_keys(made.plan, device);
  return std::make_shared<const PreparedPlan>(std::move(made));
}

SharedPlan prepare_store_plan(AttentionPlan plan, torch::Device device) {
  PreparedPlan made;
  made.plan = std::move(plan);
  if (device.is_cpu()) made.blocks = attention_blocks(made.plan);
  if (device.is_cuda()) made.ragged = ragged_keys(made.plan, device);
  return std::make_shared<const PreparedPlan>(std::move(made));
}

Tensor tree_attention(const Tensor& q, const Tensor& k, const Tensor& v, const SharedPlan& plan,
                      const AttentionOptions& options) {
  if (fits_flash_attention(q, options)) return flash_tree_attention(q, k, v, plan->ragged, options);
  if (!q.device().is_cpu()) return tree_attention_reference(q, k, v, plan->plan, options);
  if (at::GradMode::is_enabled()) return TreeAttention::apply(q, k, v, plan, options);
  return forward_over_batch(q.contiguous(), k.contiguous(), v.contiguous(), *plan, options,
                            /*want_lse=*/false)
      .out;
}

Tensor tree_attention(const Tensor& q, const KeyValueStore& store, const SharedPlan& plan,
                      const AttentionOptions& options) {
  const Tensor &keys = store.keys(), &values = store.values();
  if (fits_flash_attention(q, options)) return flash_tree_attention(q, keys, values, plan->ragged, options);
  if (!q.device().is_cpu()) return tree_attention_reference(q, keys, values, plan->plan, options);
  return run_forward(q.contiguous(), keys, values, shape_of(q, keys.size(1), options), plan->blocks,
                     /*want_lse=*/false)
      .out;
}

}  // namespace selfreward
