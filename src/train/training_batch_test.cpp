#include "train/training_batch.h"

#include <utility>

#include "support/golden_training.h"

using namespace selfreward;
using torch::Tensor;

namespace {

/// log p of `response` after `prompt` by a plain log-softmax over the whole sequence.
Tensor plain_log_probs(const CausalLM& model, const TokenIds& prompt, const TokenIds& response) {
  TokenIds both = prompt;
  both.insert(both.end(), response.begin(), response.end());
  TokenTree tree;
  tree.add(kNoParent, both);
  const Tensor log_probs = at::log_softmax(model.logits(model.hidden_states(tree_batch(tree, at::kCPU))), -1);
  std::vector<Tensor> picked;
  for (size_t i = prompt.size(); i < both.size(); ++i)
    picked.push_back(log_probs[static_cast<int64_t>(i) - 1][both[i]]);
  return at::stack(picked);
}

}  // namespace

TEST_CASE("sequences and pairs of one batch have the log-probs that each has alone") {
  const at::NoGradGuard no_grad;
  const Policy policy = tiny_policy();
  const TokenIds prompt = {5, 9, 40, 41}, first = {50, 51, 2}, second = {2};
  TrainingBatch batch;
  CHECK(batch.add_sequence({7, 8}, {60, 61}) == 0);
  CHECK(batch.add_pair(prompt, first, second) == 1);
  CHECK(batch.sum_by_sequence(at::ones({6})).equal(torch::tensor({2.0f, 3.0f, 1.0f})));
  const Tensor log_probs = batch.target_log_probs(policy.model());
  const Tensor expected = at::cat({plain_log_probs(policy.model(), {7, 8}, {60, 61}),
                                   plain_log_probs(policy.model(), prompt, first),
                                   plain_log_probs(policy.model(), prompt, second)});
  CHECK((log_probs - expected).abs().max().item<double>() < 1e-5);
  const Tensor sums = batch.sum_by_sequence(log_probs);
  CHECK(sums[1].item<double>() ==
        doctest::Approx(expected.narrow(0, 2, 3).sum().item<double>()).epsilon(1e-5));
}

TEST_CASE("what rows begin with in common is computed once, and changes no log-prob and no gradient") {
  Policy policy = tiny_policy();
  std::vector<Tensor> weights;
  for (const auto& [name, weight] : policy.model().trainable_parameters()) weights.push_back(weight);
  for (Tensor& weight : weights) weight.requires_grad_();
  const TokenIds system = {3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  const auto behind = [&](TokenIds more) {
    more.insert(more.begin(), system.begin(), system.end());
    return more;
  };
  const std::vector<std::pair<TokenIds, TokenIds>> rows = {
      {behind({20, 21}), {30, 31, 2}},
      {behind({20, 21}), {30, 31, 2}},  // one row twice
      {behind({20, 22}), {30, 2}},
      {system, {20, 21, 30}},  // a row that ends inside another one
      {{5, 9}, {40, 41, 2}}};
  TrainingBatch together;
  int64_t apart_tokens = 0;
  std::vector<Tensor> apart;
  for (const auto& [prompt, response] : rows) {
    together.add_sequence(prompt, response);
    apart_tokens += std::ssize(prompt) + std::ssize(response) - 1;
    apart.push_back(plain_log_probs(policy.model(), prompt, response));
  }
  CHECK(together.num_tokens() == 11 + 1 + 2 + 2 + 4);
  CHECK(apart_tokens == 14 + 14 + 13 + 12 + 4);
  const Tensor shared = together.target_log_probs(policy.model()), expected = at::cat(apart);
  CHECK((shared - expected).abs().max().item<double>() < 1e-5);
  shared.square().sum().backward();
  std::vector<Tensor> found;
  for (Tensor& weight : weights) found.push_back(std::exchange(weight.mutable_grad(), Tensor()));
  expected.square().sum().backward();
  for (size_t i = 0; i < weights.size(); ++i) {
    const Tensor wanted = weights[i].grad();
    CHECK((found[i] - wanted).abs().max().item<double>() <
          1e-5 * std::max(1.0, wanted.abs().max().item<double>()));
  }
}

TEST_CASE("of a response only what is learnt is predicted") {
  const at::NoGradGuard no_grad;
  const Policy policy = tiny_policy();
  TrainingBatch all, some;
  all.add_sequence({7, 8}, {60, 61, 62, 63});
  some.add_sequence({7, 8}, {60, 61, 62, 63}, {true, false, false, true});
  some.add_sequence({9, 10}, {62, 63});
  CHECK(some.sum_by_sequence(at::ones({4})).equal(torch::tensor({2.0f, 2.0f})));
  const Tensor a = all.target_log_probs(policy.model()), b = some.target_log_probs(policy.model());
  CHECK(b[0].item<double>() == doctest::Approx(a[0].item<double>()).epsilon(1e-5));
  CHECK(b[1].item<double>() == doctest::Approx(a[3].item<double>()).epsilon(1e-5));
}

TEST_CASE("a batch shares nothing between its rows") {
  // Changing one row must not change the log-probs of another: no leak across packed documents.
  const at::NoGradGuard no_grad;
  const Policy policy = tiny_policy();
  TrainingBatch one, other;
  one.add_sequence({7, 8}, {60, 61});
  one.add_sequence({9, 10}, {62, 63});
  other.add_sequence({70, 80, 90}, {160});
  other.add_sequence({9, 10}, {62, 63});
  const Tensor a = one.target_log_probs(policy.model()), b = other.target_log_probs(policy.model());
  CHECK((a.narrow(0, 2, 2) - b.narrow(0, 1, 2)).abs().max().item<double>() < 1e-6);
}

TEST_CASE("a row without a response is an error") {
  TrainingBatch batch;
  CHECK_THROWS_AS(batch.add_sequence({1}, {}), Error);
  CHECK_THROWS_AS(batch.add_pair({1}, {2}, {}), Error);
}
