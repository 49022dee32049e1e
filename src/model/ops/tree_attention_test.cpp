#include "model/ops/tree_attention.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "model/kernels/attention/kernel.h"

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

/// What tensor operations make of it in float64.
Tensor exact_attention(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionPlan& plan,
                       const AttentionOptions& options) {
  return tree_attention_reference(q.to(at::kDouble), k.to(at::kDouble), v.to(at::kDouble), plan, options);
}

struct Heads {
  int64_t heads, kv_heads, head_dim;
};

/// How much farther from float64 a score of that many terms may be than one of 128: rounding adds up as their root.
double rounding_of(int64_t head_dim) {
  return std::sqrt(std::max(1.0, static_cast<double>(head_dim) / 128));
}

/// The forked tree in float32, forward and backward, against the reference in float64; `slack` for larger scores.
void check_equals_reference(const Heads& h, const AttentionOptions& options, double slack) {
  CAPTURE(h.head_dim);
  CAPTURE(options.window);
  CAPTURE(options.softcap);
  const TokenTree tree = forked_tree();
  const AttentionPlan plan = attention_plan(tree);
  const auto inputs = [&](at::ScalarType type) {
    return random_inputs(tree.num_tokens(), h.heads, h.kv_heads, h.head_dim, type);
  };
  const Inputs a = inputs(at::kFloat), b = inputs(at::kDouble);  // the same numbers
  const Tensor out = tree_attention(a.q, a.k, a.v, prepare_plan(plan, at::kCPU), options);
  const Tensor expected = tree_attention_reference(b.q, b.k, b.v, plan, options);
  CHECK(max_difference(out, expected) < 2e-6 * slack * rounding_of(h.head_dim));
  const Tensor weight = at::randn(out.sizes());
  (out * weight).sum().backward();
  (expected * weight).sum().backward();
  CHECK(max_difference(a.q.grad(), b.q.grad()) < 1e-5 * slack);
  CHECK(max_difference(a.k.grad(), b.k.grad()) < 2e-5 * slack);
  CHECK(max_difference(a.v.grad(), b.v.grad()) < 2e-5 * slack);
}

/// What tests of a store run with: windows that end in the own keys, in the prompt, in the rubric, beyond.
const std::vector<AttentionOptions> kStoreOptions{{},
                                                  {.window = 1},
                                                  {.window = 3},
                                                  {.window = 32},
                                                  {.window = 61},
                                                  {.window = 100},
                                                  {.scale = 0.2, .window = 250, .softcap = 1.5}};

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
    for (const Heads& heads : {Heads{4, 4, 24},
                               {6, 2, 64},
                               {9, 3, 8},
                               {4, 1, 128},
                               {4, 2, 80},
                               {4, 4, 96},
                               {3, 1, 120},
                               {4, 1, 256}}) {
      CAPTURE(kernels->name);
      set_attention_kernels(*kernels);
      check_equals_reference(heads, {}, /*slack=*/1);
    }
}

TEST_CASE("windows, softcaps and scales are those of plain tensor operations, forward and backward") {
  const EachKernel each;
  for (const AttentionKernelSet* kernels : each.sets)
    for (const Heads& heads : {Heads{6, 2, 64}, {3, 1, 80}})
      for (const AttentionOptions& options : {AttentionOptions{.window = 1},
                                              {.window = 4},
                                              {.window = 32},
                                              {.window = 45},
                                              {.window = 106},
                                              {.softcap = 0.7},
                                              {.softcap = 50},
                                              {.softcap = 1000},
                                              {.scale = 0.3},
                                              {.scale = 0.3, .window = 50, .softcap = 2}}) {
        CAPTURE(kernels->name);
        set_attention_kernels(*kernels);
        check_equals_reference(heads, options, /*slack=*/2);
      }
}

TEST_CASE("a window of one token shows each query itself alone, a longer one the end of its path") {
  const TokenTree tree = forked_tree();
  const AttentionPlan plan = attention_plan(tree);
  const Inputs in = random_inputs(tree.num_tokens(), 4, 2, 16, at::kFloat);
  const Tensor alone = tree_attention_reference(in.q, in.k, in.v, plan, {.window = 1});
  CHECK(max_difference(alone, in.v.repeat_interleave(2, 1)) < 1e-6);
  // The leaf, token 112, lies at position 42 after tokens 0-36 and 37-41.
  const Tensor seen = at::cat({at::arange(35, 42), at::arange(112, 113)});
  const auto heads_first = [](const Tensor& x) { return x.transpose(0, 1).unsqueeze(0); };
  const Tensor expected = at::scaled_dot_product_attention(
      heads_first(in.q.narrow(0, 112, 1)), heads_first(in.k.index_select(0, seen)),
      heads_first(in.v.index_select(0, seen)), {}, 0, false, std::nullopt, /*enable_gqa=*/true);
  const Tensor leaf = tree_attention_reference(in.q, in.k, in.v, plan, {.window = 8}).narrow(0, 112, 1);
  CHECK(max_difference(heads_first(leaf), expected) < 1e-6);
}

TEST_CASE("pages outside of a window are not read") {
  const EachKernel each;
  at::manual_seed(9);
  // A query sees slots 0-99 and its own; a window of 30 begins in slot 71, which is in page 2.
  const AttentionPlan plan{{0, 1, 128, {{0, 100}}, 0, 0}};
  const at::NoGradGuard no_grad;
  for (const int64_t group : {2, 12})
    for (const AttentionKernelSet* kernels : each.sets) {
      CAPTURE(kernels->name);
      set_attention_kernels(*kernels);
      const Tensor q = at::randn({1, group, 32}), k = at::randn({160, 1, 32}), v = at::randn({160, 1, 32});
      v.narrow(0, 0, 64).fill_(NAN);
      KeyValueStore store(160, 1, 32, at::kFloat);
      store.write(at::arange(160), k, v);
      const Tensor out = tree_attention(q, store, prepare_store_plan(plan, at::kCPU), {.window = 30});
      CHECK(at::isfinite(out).all().item<bool>());
    }
}

TEST_CASE("in bfloat16 every kernel is as near to float32 as its inputs allow") {
  const EachKernel each;
  for (const AttentionKernelSet* kernels : each.sets)
    for (const auto& [head_dim, options] : {std::pair<int64_t, AttentionOptions>{24, {}},
                                            {64, {}},
                                            {128, {}},
                                            {80, {}},
                                            {256, {}},
                                            {64, {.window = 33}},
                                            {120, {.window = 5, .softcap = 3}}}) {
      CAPTURE(kernels->name);
      CAPTURE(head_dim);
      set_attention_kernels(*kernels);
      const TokenTree tree = forked_tree();
      const AttentionPlan plan = attention_plan(tree);
      const Inputs low = random_inputs(tree.num_tokens(), 6, 2, head_dim, at::kBFloat16);
      const auto up = [](const Tensor& x) { return x.detach().to(at::kFloat).requires_grad_(); };
      const Inputs high{up(low.q), up(low.k), up(low.v)};
      const Tensor out = tree_attention(low.q, low.k, low.v, prepare_plan(plan, at::kCPU), options);
      const Tensor expected = tree_attention_reference(high.q, high.k, high.v, plan, options);
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
  const SharedPlan prepared = prepare_store_plan(plan, at::kCPU);
  for (const AttentionKernelSet* kernels : each.sets)
    for (const auto& [type, tolerance] : {std::pair{at::kFloat, 2e-6}, {at::kBFloat16, 0.02}}) {
      CAPTURE(kernels->name);
      set_attention_kernels(*kernels);
      KeyValueStore store(slots, 2, 64, at::TensorOptions().dtype(type));
      store.write(at::arange(slots), k.to(type), v.to(type));
      for (const AttentionOptions& options : kStoreOptions) {
        CAPTURE(options.window);
        const Tensor expected = exact_attention(q, k, v, plan, options);
        CHECK(max_difference(tree_attention(q.to(type), store, prepared, options), expected) < tolerance);
      }
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
    for (const AttentionKernelSet* kernels : each.sets)
      for (const auto& [type, tolerance] : {std::pair{at::kFloat, 2e-6}, {at::kBFloat16, 0.03}}) {
        CAPTURE(kernels->name);
        CAPTURE(group);
        set_attention_kernels(*kernels);
        KeyValueStore store(384, 2, 40, at::TensorOptions().dtype(type));
        store.write(at::arange(384), k.to(type), v.to(type));
        for (const AttentionOptions& options : kStoreOptions) {
          CAPTURE(options.window);
          const Tensor expected = exact_attention(q, k, v, plan, options);
          const Tensor out = tree_attention(q.to(type), store, prepare_store_plan(plan, at::kCPU), options);
          CHECK(max_difference(out, expected) < tolerance);
        }
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
  CHECK(blocks[0].visits[1].position == 64);
  CHECK(blocks[0].positions == std::vector<int64_t>{96, 96, 96});
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
