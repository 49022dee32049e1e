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

TEST_CASE("the kernel equals plain tensor operations, forward and backward") {
  for (const auto& [heads, kv_heads, head_dim] : {std::tuple{4, 4, 24}, {6, 2, 64}, {9, 3, 8}}) {
    const TokenTree tree = forked_tree();
    const AttentionPlan plan = attention_plan(tree);
    const Inputs a = random_inputs(tree.num_tokens(), heads, kv_heads, head_dim, at::kFloat);
    const Inputs b = random_inputs(tree.num_tokens(), heads, kv_heads, head_dim, at::kFloat);
    const Tensor out = tree_attention(a.q, a.k, a.v, plan);
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

TEST_CASE("in bfloat16 the kernel is as near to float32 as its inputs allow") {
  const TokenTree tree = forked_tree();
  const AttentionPlan plan = attention_plan(tree);
  const Inputs low = random_inputs(tree.num_tokens(), 6, 2, 64, at::kBFloat16);
  const auto up = [](const Tensor& x) { return x.detach().to(at::kFloat).requires_grad_(); };
  const Inputs high{up(low.q), up(low.k), up(low.v)};
  const Tensor out = tree_attention(low.q, low.k, low.v, plan);
  const Tensor expected = tree_attention_reference(high.q, high.k, high.v, plan);
  CHECK(max_difference(out, expected) < 0.02);  // bfloat16 keeps 8 bits; outputs are near 1
  out.to(at::kFloat).sum().backward();
  expected.sum().backward();
  CHECK(max_difference(low.q.grad(), high.q.grad()) < 0.05);
  CHECK(max_difference(low.v.grad(), high.v.grad()) < 0.05 * high.v.grad().abs().max().item<double>());
}

TEST_CASE("a branch is computed as if it were alone") {
  const TokenTree tree = forked_tree();
  const Inputs in = random_inputs(tree.num_tokens(), 4, 2, 16, at::kFloat);
  const Tensor out = tree_attention(in.q, in.k, in.v, attention_plan(tree));
  // The path prompt -> branch -> leaf as one sequence.
  const Tensor path = at::cat({at::arange(0, 42), at::arange(112, 113)});
  TokenTree alone;
  alone.add(kNoParent, TokenIds(43));
  const auto rows = [&](const Tensor& x) { return x.index_select(0, path); };
  const Tensor single = tree_attention(rows(in.q), rows(in.k), rows(in.v), attention_plan(alone));
  CHECK(max_difference(rows(out), single) < 2e-6);
}

TEST_CASE("the AVX2 and AVX-512 kernels agree") {
  if (!__builtin_cpu_supports("avx512vl")) {
    MESSAGE("skipped: this processor has no AVX-512");
    return;
  }
  const TokenTree tree = forked_tree();
  const AttentionPlan plan = attention_plan(tree);
  const Inputs in = random_inputs(tree.num_tokens(), 4, 2, 64, at::kFloat);
  const AttentionShape shape{4, 2, 64, 0.125f};
  std::vector<Tensor> outs;
  for (const AttentionKernels* kernels : {&kAttentionKernelsAvx2, &kAttentionKernelsAvx512}) {
    const Tensor out = at::zeros_like(in.q), lse = at::zeros({in.q.size(0), 4});
    std::vector<float> scratch(static_cast<size_t>(kernels->scratch_floats(shape)));
    const AttentionForward<float> view{in.q.data_ptr<float>(), in.k.data_ptr<float>(), in.v.data_ptr<float>(),
                                       out.data_ptr<float>(), lse.data_ptr<float>()};
    for (const QuerySpan& span : plan)
      for (int64_t head = 0; head < 2; ++head) kernels->forward_f32(view, shape, span, head, scratch.data());
    outs.push_back(out);
  }
  CHECK(max_difference(outs[0], outs[1]) < 2e-6);
}
