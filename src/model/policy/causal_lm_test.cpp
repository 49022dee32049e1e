#include "model/policy/causal_lm.h"

#include <doctest/doctest.h>

#include "model/families/config_json.h"
#include "model/files/checkpoint.h"
#include "model/ops/counted_bytes.h"
#include "model/ops/log_probs.h"
#include "model/policy/checkpoint.h"
#include "model/policy/policy.h"
#include "model/policy/shapes.h"
#include "support/fixtures.h"

using namespace selfreward;
using torch::Tensor;

namespace {

CausalLM load(const fs::path& dir, torch::Dtype dtype) {
  CausalLM model(load_model_config(dir), dtype);
  load_tensors(model, read_checkpoint_tensors(dir), dir.string());
  return model;
}

Tensor logits_of(const CausalLM& model, const TokenIds& ids) {
  const at::NoGradGuard no_grad;
  TokenTree tree;
  tree.add(kNoParent, ids);
  return model.logits(model.hidden_states(tree_batch(tree, model.device()))).to(at::kFloat);
}

Tensor row_of(const Json& numbers) {
  return torch::tensor(numbers.get<std::vector<double>>(), at::kDouble);
}

double largest_difference(const Tensor& a, const Tensor& b) {
  return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

}  // namespace

TEST_CASE("logits of a random Llama equal transformers' in float32") {
  // tests/fixtures/tiny_llama/logits.json is made by tests/golden/make_model_golden.py
  const Json golden = read_json(kTinyLlama / "logits.json");
  const CausalLM model = load(kTinyLlama, at::kFloat);
  for (const Json& row : golden["logits"]) {
    const Tensor logits = logits_of(model, row["ids"].get<TokenIds>());
    for (size_t i = 0; i < row["positions"].size(); ++i)
      CHECK(largest_difference(logits[row["positions"][i].get<int64_t>()], row_of(row["logits"][i])) < 2e-5);
  }
}

TEST_CASE("in bfloat16 they differ from float32 no more than transformers' own do") {
  const Json golden = read_json(kTinyLlama / "logits.json");
  const CausalLM model = load(kTinyLlama, at::kBFloat16);
  const double bound = golden["logit_differences"]["bfloat16_float32"]["mean"].get<double>();
  double sum = 0, count = 0;
  for (const Json& row : golden["logits"]) {
    const Tensor logits = logits_of(model, row["ids"].get<TokenIds>());
    for (size_t i = 0; i < row["positions"].size(); ++i) {
      const Tensor difference =
          (logits[row["positions"][i].get<int64_t>()].to(at::kDouble) - row_of(row["logits"][i])).abs();
      sum += difference.sum().item<double>();
      count += static_cast<double>(difference.numel());
    }
  }
  CHECK(sum / count < 1.5 * bound);
  CHECK(sum > 0);  // it really computes in bfloat16
}

TEST_CASE("token log-probs equal transformers', and their gradients equal those of a plain log-softmax") {
  const Json golden = read_json(kTinyLlama / "logits.json");
  const CausalLM model = load(kTinyLlama, at::kFloat);
  const auto ids = golden["log_probs"]["ids"].get<TokenIds>();
  TokenTree tree;
  tree.add(kNoParent, ids);
  const Tensor hidden =
      model.hidden_states(tree_batch(tree, at::kCPU)).narrow(0, 0, std::ssize(ids) - 1).detach();
  const Tensor targets = torch::tensor(TokenIds(ids.begin() + 1, ids.end()), at::kLong);
  const Tensor h1 = hidden.clone().requires_grad_(), h2 = hidden.clone().requires_grad_();
  const Tensor w1 = model.output_weight().detach().clone().requires_grad_(),
               w2 = w1.detach().clone().requires_grad_();
  const Tensor fused = token_log_probs(h1, w1, targets);
  const Tensor plain = at::log_softmax(at::linear(h2, w2), -1).gather(1, targets.unsqueeze(1)).squeeze(1);
  CHECK(largest_difference(fused, row_of(golden["log_probs"]["log_probs"])) < 2e-5);
  const Tensor weight = at::arange(1, plain.size(0) + 1) / 10.0;
  (fused * weight).sum().backward();
  (plain * weight).sum().backward();
  CHECK(largest_difference(h1.grad(), h2.grad()) < 1e-5);
  CHECK(largest_difference(w1.grad(), w2.grad()) < 1e-5);
}

TEST_CASE("a tree's branches get the logits that each path has alone") {
  const CausalLM model = load(kTinyLlama, at::kFloat);
  TokenTree tree;
  const auto root = tree.add(kNoParent, {5, 9, 40, 41, 42});
  tree.add(root, {7, 8});
  tree.add(root, {100, 101, 102});
  const at::NoGradGuard no_grad;
  const Tensor logits = model.logits(model.hidden_states(tree_batch(tree, at::kCPU)));
  CHECK(largest_difference(logits.narrow(0, 5, 2),
                           logits_of(model, {5, 9, 40, 41, 42, 7, 8}).narrow(0, 5, 2)) < 1e-5);
  CHECK(largest_difference(logits.narrow(0, 7, 3),
                           logits_of(model, {5, 9, 40, 41, 42, 100, 101, 102}).narrow(0, 5, 3)) < 1e-5);
}

TEST_CASE("packed weights give the logits of plain ones") {
  for (const auto dtype : {at::kFloat, at::kBFloat16}) {
    CausalLM model = load(kTinyLlama, dtype);
    const Tensor plain = logits_of(model, {5, 9, 40, 41, 42});
    const InferenceScope scope(model);
    CHECK(largest_difference(logits_of(model, {5, 9, 40, 41, 42}), plain) <
          (dtype == at::kFloat ? 1e-5 : 0.1));
  }
}

TEST_CASE("logits of a trained Llama equal a float64 computation") {
  if (!fs::exists(kStories)) {
    MESSAGE("skipped: shared/data/models/stories260K is not there");
    return;
  }
  const Json golden = read_json(kStories / "expected_logits.json");
  const auto ids = golden["input_ids"].get<TokenIds>();
  const Tensor logits = logits_of(load(kStories, at::kFloat), ids);
  CHECK(largest_difference(logits[std::ssize(ids) - 1], row_of(golden["last_logits"])) < 1e-4);
}

TEST_CASE("tied embeddings have no lm_head") {
  ModelConfig config = load_model_config(kTinyLlama);
  config.tie_word_embeddings = false;
  const size_t weights = tensor_shapes(config).size();
  CHECK(tensor_shapes(config).back().first == "lm_head.weight");
  config.tie_word_embeddings = true;
  CHECK(tensor_shapes(config).size() == weights - 1);
  CHECK(tensor_shapes(config).back().first == "model.norm.weight");
}

TEST_CASE("the shapes of a network of 70 billion weights take no memory") {
  ModelConfig config;
  config.vocab_size = 128256;
  config.hidden_size = 8192;
  config.intermediate_size = 28672;
  config.num_hidden_layers = 80;
  config.num_attention_heads = 64;
  config.num_key_value_heads = 8;
  config.head_dim = 128;
  config.max_position_embeddings = 8192;
  const auto bytes = std::make_shared<CountedBytes>();
  const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, bytes);
  int64_t weights = 0;
  for (const auto& [name, shape] : tensor_shapes(config)) weights += c10::multiply_integers(shape);
  CHECK(weights == 70'553'706'496);
  CHECK(adapter_sizes(config, {.r = 16}).parameters > 0);
  CHECK(bytes->peak < (16 << 20));  // norms, which are filled
}
