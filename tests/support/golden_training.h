#pragma once
// What the TRL golden tests share: settings and comparisons with tests/fixtures/trl/*.json
// (tests/golden/make_trl_golden.py).
#include <doctest/doctest.h>

#include "data/jsonl.h"
#include "model/policy/policy.h"
#include "support/fixtures.h"
#include "support/scratch.h"
#include "train/trainer.h"

namespace selfreward {

inline Policy tiny_policy() {
  return Policy::load(kFixtures / "tiny_llama", {.device = "cpu", .dtype = "float32"});
}

inline TrainSettings golden_settings(const Json& s) {
  TrainSettings settings;
  settings.learning_rate = s["learning_rate"];
  settings.lr_scheduler_type = s["lr_scheduler_type"];
  settings.min_lr_rate = 0;
  settings.warmup_steps = s["warmup_steps"];
  settings.train_batch_size = s["rows_per_step"];
  settings.max_steps = s["max_steps"];
  settings.fill_last_batch = true;  // the golden steps go round the rows
  settings.weight_decay = s["weight_decay"];
  settings.adam_beta1 = s["adam_beta1"];
  settings.adam_beta2 = s["adam_beta2"];
  settings.adam_epsilon = s["adam_epsilon"];
  settings.max_grad_norm = s["max_grad_norm"];
  return settings;
}

/// Logits [positions, vocab] in double of the sample's "ids" at its "positions".
inline torch::Tensor logits_of(const CausalLM& model, const Json& sample) {
  const at::NoGradGuard no_grad;
  TokenTree tree;
  tree.add(kNoParent, sample["ids"].get<TokenIds>());
  const torch::Tensor positions = torch::tensor(sample["positions"].get<std::vector<int64_t>>());
  const torch::Tensor hidden = model.hidden_states(tree_batch(tree, at::kCPU)).index_select(0, positions);
  return model.logits(hidden).to(at::kDouble);
}

inline TrainingFiles scratch_training(const std::string& name) {
  return {scratch_dir(name)};
}

/// Every step's metrics `keys` within `tolerance` (relative above 1), gradient norms within 5e-5 relative.
inline void check_steps(const TrainingFiles& files, const Json& steps, const std::vector<std::string>& keys,
                        double tolerance) {
  const auto lines = read_lines(files.dir / "metrics.jsonl");
  REQUIRE(lines.size() == steps.size());
  for (size_t i = 0; i < steps.size(); ++i) {
    const Json ours = Json::parse(lines[i]);
    for (const std::string& key : keys) {
      INFO("step ", i + 1, ", ", key);
      const double expected = steps[i][key];
      CHECK(std::abs(ours[key].get<double>() - expected) < tolerance * std::max(1.0, std::abs(expected)));
    }
    CHECK(ours["grad_norm"].get<double>() ==
          doctest::Approx(steps[i]["grad_norm"].get<double>()).epsilon(5e-5));
    CHECK(ours["learning_rate"].get<double>() ==
          doctest::Approx(steps[i]["learning_rate"].get<double>()).epsilon(1e-9));
  }
}

/// Norms and sampled entries of the trained weights.
inline void check_weights(const CausalLM& model, const Json& expected) {
  const auto parameters = model.named_parameters();
  for (const auto& [name, golden] : expected.items()) {
    INFO(name);
    const torch::Tensor flat = parameters[name].detach().flatten();
    CHECK(flat.norm().item<double>() == doctest::Approx(golden["norm"].get<double>()).epsilon(1e-5));
    for (size_t i = 0; i < golden["indices"].size(); ++i)
      CHECK(std::abs(flat[golden["indices"][i].get<int64_t>()].item<double>() -
                     golden["values"][i].get<double>()) < 1e-5);
  }
}

}  // namespace selfreward
