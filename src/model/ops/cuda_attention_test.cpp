#include "model/ops/cuda_attention.h"

#include <doctest/doctest.h>

#include "model/ops/device.h"
#include "model/ops/machine.h"
#include "model/ops/tree_attention.h"

using namespace selfreward;
using torch::Tensor;

namespace {

/// A prompt with two branches, the first of which forks again, and a lone sequence.
AttentionPlan forked_plan() {
  TokenTree tree;
  const auto prompt = tree.add(kNoParent, TokenIds(7));
  const auto branch = tree.add(prompt, TokenIds(3));
  tree.add(prompt, TokenIds(9));
  tree.add(branch, TokenIds(1));
  tree.add(kNoParent, TokenIds(5));
  return attention_plan(tree);
}

/// One step of a generator: keys lie in slots of a larger store, two live sequences share the prompt in slots
/// 10..13 and a new prompt is read in.
AttentionPlan step_plan() {
  return {{0, 1, 22, {{10, 4}}, 0, /*earlier=*/2}, {1, 1, 30, {{10, 4}}, 0}, {2, 3, 2, {}, 1}};
}

std::vector<int64_t> values_of(const Tensor& x) {
  const Tensor wide = x.to(at::kCPU, at::kLong).contiguous();
  return {wide.data_ptr<int64_t>(), wide.data_ptr<int64_t>() + wide.numel()};
}

/// What flash_attention promises, sequence by sequence with ATen's dense attention.
Tensor sequence_by_sequence(const Tensor& q, const Tensor& k, const Tensor& v, const RaggedKeys& ragged,
                            const AttentionOptions& options) {
  const auto queries = values_of(ragged.query_begins), keys = values_of(ragged.key_begins);
  const auto rows = [](const Tensor& x, const std::vector<int64_t>& begins, size_t i) {
    return x.slice(0, begins[i], begins[i + 1]).transpose(0, 1).unsqueeze(0);
  };
  CHECK(k.size(0) == keys.back());  // gradients of keys beyond would stay uninitialised
  std::vector<Tensor> parts;
  for (size_t i = 0; i + 1 < queries.size(); ++i) {
    const int64_t num_queries = queries[i + 1] - queries[i], num_keys = keys[i + 1] - keys[i];
    CHECK(num_queries <= ragged.max_queries);
    CHECK(num_keys <= ragged.max_keys);
    Tensor seen = at::ones({num_queries, num_keys}, at::kBool).tril(num_keys - num_queries);
    if (options.window > 0) seen = seen.triu(num_keys - num_queries - options.window + 1);
    const auto scale = options.scale > 0 ? std::optional(options.scale) : std::nullopt;
    parts.push_back(at::scaled_dot_product_attention(rows(q, queries, i), rows(k, keys, i), rows(v, keys, i),
                                                     seen, /*dropout_p=*/0, /*is_causal=*/false, scale,
                                                     /*enable_gqa=*/true)
                        .squeeze(0)
                        .transpose(0, 1));
  }
  return at::cat(parts);
}

struct Inputs {
  Tensor q, k, v;
};

/// q [tokens, 6, 16], k and v [keys, 2, 16]; the same numbers at every call
Inputs random_inputs(int64_t tokens, int64_t keys, at::TensorOptions options = {}) {
  at::manual_seed(3);
  const auto make = [&](int64_t n, int64_t heads) {
    return at::randn({n, heads, 16}).to(options).requires_grad_();
  };
  return {make(tokens, 6), make(keys, 2), make(keys, 2)};
}

double max_difference(const Tensor& a, const Tensor& b) {
  return (a.to(at::kCPU, at::kDouble) - b.to(at::kCPU, at::kDouble)).abs().max().item<double>();
}

/// The largest difference between two computations in outputs and in the gradients of q, k and v.
template <typename A, typename B>
double disagreement(const Inputs& a, A compute_a, const Inputs& b, B compute_b) {
  const Tensor out_a = compute_a(a), out_b = compute_b(b);
  const Tensor weight = at::randn(out_a.sizes());
  (out_a.to(at::kCPU, at::kFloat) * weight).sum().backward();
  (out_b.to(at::kCPU, at::kFloat) * weight).sum().backward();
  return std::max({max_difference(out_a, out_b), max_difference(a.q.grad(), b.q.grad()),
                   max_difference(a.k.grad(), b.k.grad()), max_difference(a.v.grad(), b.v.grad())});
}

bool has_gpu() {
  if (!cuda_problem().empty()) MESSAGE("skipped: " << cuda_problem());
  return cuda_problem().empty();
}

}  // namespace

TEST_CASE("each span's keys are its path and then its own") {
  TokenTree tree;
  const auto prompt = tree.add(kNoParent, TokenIds(2));
  const auto branch = tree.add(prompt, TokenIds(1));
  tree.add(prompt, TokenIds(2));
  tree.add(branch, TokenIds(1));
  const RaggedKeys ragged = ragged_keys(attention_plan(tree), torch::kCPU);
  CHECK(values_of(ragged.gather) ==
        std::vector<int64_t>{0, 1, /**/ 0, 1, 2, /**/ 0, 1, 3, 4, /**/ 0, 1, 2, 5});
  CHECK(values_of(ragged.query_begins) == std::vector<int64_t>{0, 2, 3, 5, 6});
  CHECK(values_of(ragged.key_begins) == std::vector<int64_t>{0, 2, 5, 9, 13});
  CHECK(ragged.query_begins.dtype() == at::kInt);
  CHECK(ragged.key_begins.dtype() == at::kInt);
  CHECK(ragged.max_queries == 2);
  CHECK(ragged.max_keys == 4);
  CHECK_FALSE(ragged.in_order);
}

TEST_CASE("keys in slots of a store are gathered from where they lie") {
  const RaggedKeys ragged = ragged_keys(step_plan(), torch::kCPU);
  CHECK(values_of(ragged.gather) ==
        std::vector<int64_t>{10, 11, 12, 13, 20, 21, 22, /**/ 10, 11, 12, 13, 30, /**/ 2, 3, 4});
  CHECK(values_of(ragged.key_begins) == std::vector<int64_t>{0, 7, 12, 15});
  CHECK(ragged.max_queries == 3);
  CHECK(ragged.max_keys == 7);
}

TEST_CASE("lone sequences need no gathering") {
  TokenTree tree;
  tree.add(kNoParent, TokenIds(4));
  tree.add(kNoParent, TokenIds(2));
  CHECK(ragged_keys(attention_plan(tree), torch::kCPU).in_order);
}

TEST_CASE("a span out of the flat order is an error") {
  const AttentionPlan plan{{0, 2, 0, {}, 0}, {3, 1, 3, {}, 1}};
  CHECK_THROWS_WITH_AS(ragged_keys(plan, torch::kCPU), doctest::Contains("begins at query 3, expected 2"),
                       Error);
}

TEST_CASE("attention over the ragged batch equals attention over the tree, forward and backward") {
  struct Case {
    AttentionPlan plan;
    int64_t tokens, keys;
  };
  const AttentionPlan lone{{0, 4, 0, {}, 0}, {4, 2, 4, {}, 1}};
  for (const auto& [plan, tokens, keys] :
       {Case{forked_plan(), 25, 25}, Case{step_plan(), 5, 40}, Case{lone, 6, 6}, Case{lone, 6, 9}}) {
    const RaggedKeys ragged = ragged_keys(plan, torch::kCPU);
    for (const AttentionOptions& options : {AttentionOptions{}, {.scale = 0.4, .window = 3}}) {
      const auto flat = [&](const Inputs& x) {
        return flash_tree_attention(x.q, x.k, x.v, ragged, options, sequence_by_sequence);
      };
      const auto tree = [&](const Inputs& x) {
        return tree_attention_reference(x.q, x.k, x.v, plan, options);
      };
      CHECK(disagreement(random_inputs(tokens, keys), flat, random_inputs(tokens, keys), tree) < 1e-5);
    }
  }
}

TEST_CASE("flash attention on a GPU equals the reference there") {
  if (!has_gpu()) return;
  const auto device = pick_device("cuda");
  for (const at::ScalarType type : {at::kBFloat16, at::kHalf}) {
    const auto inputs = [&] { return random_inputs(25, 25, at::TensorOptions().dtype(type).device(device)); };
    const RaggedKeys ragged = ragged_keys(forked_plan(), device);
    for (const AttentionOptions& options : {AttentionOptions{}, {.scale = 0.4, .window = 3}}) {
      const auto flash = [&](const Inputs& x) {
        CHECK(fits_flash_attention(x.q, options));
        return flash_tree_attention(x.q, x.k, x.v, ragged, options);
      };
      const auto tree = [&](const Inputs& x) {
        return tree_attention_reference(x.q, x.k, x.v, forked_plan(), options);
      };
      const DeterministicScope deterministic(device);
      CHECK(disagreement(inputs(), flash, inputs(), tree) < 0.1);
    }
  }
}

TEST_CASE("flash attention takes no softcap: the reference does") {
  if (!has_gpu()) return;
  const auto device = pick_device("cuda");
  const Inputs in = random_inputs(25, 25, at::TensorOptions().dtype(at::kBFloat16).device(device));
  const AttentionOptions options{.softcap = 2};
  CHECK_FALSE(fits_flash_attention(in.q, options));
  const Tensor out = tree_attention(in.q, in.k, in.v, prepare_plan(forked_plan(), device), options);
  CHECK(max_difference(out, tree_attention_reference(in.q, in.k, in.v, forked_plan(), options)) == 0);
}

TEST_CASE("on a GPU the gradients of a key that many spans see are summed in float32") {
  if (!has_gpu()) return;
  TokenTree tree;
  const auto prompt = tree.add(kNoParent, TokenIds(1));
  for (int branch = 0; branch < 600; ++branch) tree.add(prompt, TokenIds(1));
  const auto device = pick_device("cuda");
  const RaggedKeys ragged = ragged_keys(attention_plan(tree), device);
  const Inputs in = random_inputs(601, 601, at::TensorOptions().dtype(at::kBFloat16).device(device));
  const RaggedAttention its_keys = [](const Tensor&, const Tensor& k, const Tensor&, const RaggedKeys&,
                                      const AttentionOptions&) { return k; };
  flash_tree_attention(in.q, in.k, in.v, ragged, {}, its_keys).sum().backward();
  CHECK(in.k.grad()[0][0][0].item<double>() == 600);  // 601 rounded; a sum of ones in bfloat16 stops at 256
}

TEST_CASE("on a GPU a step of single tokens over a store equals the reference") {
  if (!has_gpu()) return;
  const auto device = pick_device("cuda");
  const AttentionPlan plan{{0, 1, 22, {{10, 4}}, 0, /*earlier=*/2}, {1, 1, 30, {{10, 4}}, 0}};
  const at::NoGradGuard no_grad;
  const Inputs in = random_inputs(2, 40, at::TensorOptions().dtype(at::kBFloat16).device(device));
  const Tensor out = flash_tree_attention(in.q, in.k, in.v, ragged_keys(plan, device), {});
  CHECK(max_difference(out, tree_attention_reference(in.q, in.k, in.v, plan)) < 0.02);
}
