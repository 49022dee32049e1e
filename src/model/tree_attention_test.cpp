#include "model/tree_attention.h"

#include <doctest/doctest.h>

#include "model/attention_kernel.h"

using namespace selfreward;
using torch::Tensor;

namespace {

/// Two trees: a prompt with two branches, one of which forks again, and a lone sequence longer than a key
/// block.
TokenTree forked_tree() {
  TokenTree tree;
  const auto prompt = tree.add(kNoParent, TokenIds(37));
  const auto branch = tree.add(prompt, TokenIds(5));
  tree.add(prompt, TokenIds(70));
  tree.add(branch, TokenIds(1));
  tree.add(kNoParent, TokenIds(45));
  return tree;
}

struct Inputs {
  Tensor q, k, v;
};

Inputs random_inputs(int64_t tokens, int64_t heads, int64_t kv_heads, int64_t head_dim, at::ScalarType type) {
  at::manual_seed(3);
  const auto make = [&](int64_t h) { return at::randn({tokens, h, head_dim}).to(type).requires_grad_(); };
  return {make(heads), make(kv_heads), make(kv_heads)};
}

/// Sets the processor's own choice of kernels again at the end of a test.
struct EachKernel {
  ~EachKernel() { set_attention_kernels(*sets.back()); }
  const std::vector<const AttentionKernelSet*> sets = runnable_attention_kernels();
};

double max_difference(const Tensor& a, const Tensor& b) {
  return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

}  // namespace

TEST_CASE("a flat tree knows positions, roots and what each segment sees") {
  const TokenTree tree = forked_tree();
  CHECK(tree.segments()[3].position == 42);
  CHECK(tree.segments()[3].root == 0);
  const AttentionPlan plan = attention_plan(tree);
  REQUIRE(plan[3].context.size() == 2);
  CHECK(plan[3].context[1].begin == 37);
  CHECK(plan[3].context[1].count == 5);
  CHECK(plan[4].context.empty());
  CHECK(plan[4].tree != plan[3].tree);
}

TEST_CASE("every kernel that this processor runs equals plain tensor operations, forward and backward") {
  const EachKernel each;
  for (const AttentionKernelSet* kernels : each.sets)
    for (const auto& [heads, kv_heads, head_dim] :
         {std::tuple{4, 4, 24}, {6, 2, 64}, {9, 3, 8}, {4, 1, 128}}) {
      CAPTURE(kernels->name);
      CAPTURE(head_dim);
      set_attention_kernels(*kernels);
      const TokenTree tree = forked_tree();
      const AttentionPlan plan = attention_plan(tree);
      const Inputs a = random_inputs(tree.num_tokens(), heads, kv_heads, head_dim, at::kFloat);
      const Inputs b = random_inputs(tree.num_tokens(), heads, kv_heads, head_dim, at::kFloat);
      const Tensor out = tree_attention(a.q, a.k, a.v, prepare_plan(plan, at::kCPU));
      const Tensor expected = tree_attention_reference(b.q, b.k, b.v, plan);
      CHECK(max_difference(out, expected) < 2e-6);
      const Tensor weight = at::randn(out.sizes());
      (out * weight).sum().backward();
      (expected * weight).sum().backward();
      CHECK(max_difference(a.q.grad(), b.q.grad()) < 1e-5);
      CHECK(max_difference(a.k.grad(), b.k.grad()) < 2e-5);
      CHECK(max_difference(a.v.grad(), b.v.grad()) < 2e-5);
    }
}

TEST_CASE("in bfloat16 every kernel is as near to float32 as its inputs allow") {
  const EachKernel each;
  for (const AttentionKernelSet* kernels : each.sets)
    for (const int64_t head_dim : {24, 64, 128}) {
      CAPTURE(kernels->name);
      CAPTURE(head_dim);
      set_attention_kernels(*kernels);
      const TokenTree tree = forked_tree();
      const AttentionPlan plan = attention_plan(tree);
      const Inputs low = random_inputs(tree.num_tokens(), 6, 2, head_dim, at::kBFloat16);
      const auto up = [](const Tensor& x) { return x.detach().to(at::kFloat).requires_grad_(); };
      const Inputs high{up(low.q), up(low.k), up(low.v)};
      const Tensor out = tree_attention(low.q, low.k, low.v, prepare_plan(plan, at::kCPU));
      const Tensor expected = tree_attention_reference(high.q, high.k, high.v, plan);
      CHECK(max_difference(out, expected) < 0.02);  // bfloat16 keeps 8 bits; outputs are near 1
      const Tensor weight = at::randn(out.sizes()).to(at::kBFloat16).to(at::kFloat);
      (out.to(at::kFloat) * weight).sum().backward();
      (expected * weight).sum().backward();
      const auto largest = [](const Tensor& x) { return x.abs().max().item<double>(); };
      CHECK(max_difference(low.q.grad(), high.q.grad()) < 0.03 * largest(high.q.grad()));
      CHECK(max_difference(low.k.grad(), high.k.grad()) < 0.03 * largest(high.k.grad()));
      CHECK(max_difference(low.v.grad(), high.v.grad()) < 0.03 * largest(high.v.grad()));
    }
}

TEST_CASE("many decoded tokens below a shared prompt are computed as one by one") {
  const EachKernel each;
  at::manual_seed(5);
  // Slots: a rubric of 70 in pages 0-2, two prompts of 40 and 33 in pages 3-4 and 5-6, then a page a
  // sequence.
  AttentionPlan plan;
  for (int64_t i = 0; i < 40; ++i) {
    const KeyRange prompt = i < 25 ? KeyRange{96, 40} : KeyRange{160, 33};
    const int64_t page = 224 + i * kPageSlots, earlier = i % 5;
    plan.push_back({i, 1, page + earlier, {{0, 70}, prompt}, 0, earlier});
  }
  const int64_t slots = 224 + 40 * kPageSlots;
  const Tensor q = at::randn({40, 6, 64}), k = at::randn({slots, 2, 64}), v = at::randn({slots, 2, 64});
  const at::NoGradGuard no_grad;
  const Tensor expected = tree_attention_reference(q, k, v, plan);
  for (const AttentionKernelSet* kernels : each.sets)
    for (const auto& [type, tolerance] : {std::pair{at::kFloat, 2e-6}, {at::kBFloat16, 0.02}}) {
      CAPTURE(kernels->name);
      set_attention_kernels(*kernels);
      KeyValueStore store(slots, 2, 64, at::TensorOptions().dtype(type));
      store.write(at::arange(slots), k.to(type), v.to(type));
      CHECK(max_difference(tree_attention(q.to(type), store, prepare_store_plan(plan, at::kCPU)), expected) <
            tolerance);
    }
}

TEST_CASE("a decoded token over many pages is computed as in plain tensor operations, whatever its group") {
  const EachKernel each;
  at::manual_seed(7);
  // Own keys: all of pages 0-9 but 20 slots, two tokens at once in page 10, and a lone first token in
  // page 11.
  const AttentionPlan plan{{0, 1, 299, {}, 0, 299}, {1, 2, 330, {{40, 23}}, 0, 10}, {3, 1, 352, {}, 0, 0}};
  const at::NoGradGuard no_grad;
  for (const int64_t group : {1, 3, 5, 8, 20}) {
    const Tensor q = at::randn({4, 2 * group, 40}), k = at::randn({384, 2, 40}), v = at::randn({384, 2, 40});
    const Tensor expected = tree_attention_reference(q, k, v, plan);
    for (const AttentionKernelSet* kernels : each.sets)
      for (const auto& [type, tolerance] : {std::pair{at::kFloat, 2e-6}, {at::kBFloat16, 0.03}}) {
        CAPTURE(kernels->name);
        CAPTURE(group);
        set_attention_kernels(*kernels);
        KeyValueStore store(384, 2, 40, at::TensorOptions().dtype(type));
        store.write(at::arange(384), k.to(type), v.to(type));
        const Tensor out = tree_attention(q.to(type), store, prepare_store_plan(plan, at::kCPU));
        CHECK(max_difference(out, expected) < tolerance);
      }
  }
}

TEST_CASE("a range that neighbours share is visited once") {
  const KeyRange rubric{0, 64}, prompt{64, 32}, other{96, 32};
  const AttentionPlan plan{
      {0, 1, 128, {rubric, prompt}}, {1, 1, 160, {rubric, prompt}}, {2, 1, 192, {rubric, other}}};
  const auto blocks = attention_blocks(plan);
  REQUIRE(blocks.size() == 1);
  REQUIRE(blocks[0].visits.size() == 6);  // rubric for three, prompt for two, other for one, and each its own
  CHECK(blocks[0].visits[0].count == 3);
  CHECK(blocks[0].visits[1].count == 2);
  CHECK(blocks[0].visits[2].causal);
}

TEST_CASE("a branch is computed as if it were alone") {
  const TokenTree tree = forked_tree();
  const Inputs in = random_inputs(tree.num_tokens(), 4, 2, 16, at::kFloat);
  const Tensor out = tree_attention(in.q, in.k, in.v, prepare_plan(attention_plan(tree), at::kCPU));
  // The path prompt -> branch -> leaf as one sequence.
  const Tensor path = at::cat({at::arange(0, 42), at::arange(112, 113)});
  TokenTree alone;
  alone.add(kNoParent, TokenIds(43));
  const auto rows = [&](const Tensor& x) { return x.index_select(0, path); };
  const Tensor single =
      tree_attention(rows(in.q), rows(in.k), rows(in.v), prepare_plan(attention_plan(alone), at::kCPU));
  CHECK(max_difference(rows(out), single) < 2e-6);
}
