#include "train/training_batch.h"

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
