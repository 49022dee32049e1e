#include "train/dpo.h"

#include <cmath>

#include "support/golden_training.h"
#include "train/losses.h"

using namespace selfreward;

namespace {

std::vector<PreferencePair> golden_pairs(const Json& golden) {
  std::vector<PreferencePair> pairs;
  for (const Json& row : golden["rows"]) pairs.push_back(row.get<PreferencePair>());
  return pairs;
}

/// The settings of a golden run; `rpo_alpha` is TRL's weight of its "sft" loss.
DpoSettings settings_of(const Json& golden, double rpo_alpha, int64_t micro_batch_tokens) {
  DpoSettings settings;
  settings.train = golden_settings(golden);
  settings.train.micro_batch_tokens = micro_batch_tokens;
  settings.beta = golden["beta"];
  settings.rpo_alpha = rpo_alpha;
  settings.loss_type = golden["loss_type"][0];
  settings.ld_alpha = golden.value("ld_alpha", 1.0);
  return settings;
}

std::vector<std::string> trained(const Json& golden, const DpoSettings& settings, Policy& policy,
                                 const TrainingFiles& files) {
  const DpoRows rows = make_dpo_rows(policy.chat(), golden_pairs(golden), 256);
  const Reference reference = reference_log_probs(policy.model(), rows.rows, settings);
  train_dpo(policy.model(), {rows.rows, reference}, {}, settings,
            {Seed(1), files, "test", /*shuffle=*/false});
  return {"loss", "rewards/chosen", "rewards/rejected", "rewards/margins", "logps/chosen", "logps/rejected"};
}

/// Ten steps: metrics, gradient norms and final weights.
void check_run(const Json& golden, const Json& run, const DpoSettings& settings) {
  Policy policy = tiny_policy();
  const TrainingFiles files = scratch_training("dpo");
  const auto metrics = trained(golden, settings, policy, files);
  check_steps(files, run["steps"], metrics, 2e-5);
  check_weights(policy.model(), run["final_weights"]);
}

/// The first step alone: its loss and the norm of its gradient. (Adam turns the rounding of small gradients into steps
/// of full size, so later ones of a steeper loss drift apart.)
void check_first_step(const Json& golden, const Json& run, DpoSettings settings) {
  settings.train.max_steps = 1;
  Policy policy = tiny_policy();
  const TrainingFiles files = scratch_training("dpo");
  const auto metrics = trained(golden, settings, policy, files);
  check_steps(files, Json::array({run["steps"][0]}), metrics, 2e-5);
}

}  // namespace

TEST_CASE("tokens and reference log-probs equal TRL's") {
  const Json golden = read_json(kFixtures / "trl" / "dpo.json");
  const Policy policy = tiny_policy();
  const DpoRows rows = make_dpo_rows(policy.chat(), golden_pairs(golden), 256);
  const Reference reference =
      reference_log_probs(policy.model(), rows.rows, {.train = {.micro_batch_tokens = 100}});
  REQUIRE(rows.rows.size() == golden["tokens"].size());
  for (size_t i = 0; i < rows.rows.size(); ++i) {
    const Json& tokens = golden["tokens"][i];
    CHECK(rows.rows[i].prompt == tokens["prompt_ids"].get<TokenIds>());
    CHECK(rows.rows[i].chosen == tokens["chosen_ids"].get<TokenIds>());
    CHECK(rows.rows[i].rejected == tokens["rejected_ids"].get<TokenIds>());
    CHECK(std::abs(reference.chosen[i] - tokens["ref_chosen_logp"].get<double>()) < 1e-4);
    CHECK(std::abs(reference.rejected[i] - tokens["ref_rejected_logp"].get<double>()) < 1e-4);
  }
}

TEST_CASE("ten steps of DPO equal TRL's, whatever the micro-batches") {
  const Json golden = read_json(kFixtures / "trl" / "dpo.json");
  for (const int64_t micro_batch_tokens : {100000, 1})
    check_run(golden, golden["runs"][0], settings_of(golden["settings"], 0, micro_batch_tokens));
}

TEST_CASE("ten steps of DPO with a likelihood term equal TRL's") {
  const Json golden = read_json(kFixtures / "trl" / "dpo.json");
  for (const int64_t micro_batch_tokens : {100000, 1})
    check_run(golden, golden["with_nll"]["runs"][0],
              settings_of(golden["settings"], 0.5, micro_batch_tokens));
}

TEST_CASE("ten steps of DPO with normalised rewards, and with tails that weigh less, equal TRL's") {
  const Json golden = read_json(kFixtures / "trl" / "dpo.json");
  const Json variants = read_json(kFixtures / "trl" / "dpo_variants.json")["variants"];
  for (const int64_t micro_batch_tokens : {100000, 1}) {
    for (const std::string name : {"sigmoid_norm", "ld_alpha"}) {
      CAPTURE(name);
      check_run(golden, variants[name], settings_of(variants[name]["settings"], 0, micro_batch_tokens));
    }
    const Json& with_nll = variants["ld_alpha_with_nll"];
    check_first_step(golden, with_nll, settings_of(with_nll["settings"], 0.5, micro_batch_tokens));
  }
}

TEST_CASE("dpo_loss is log 2 while policy equals reference, and falls as the margin grows") {
  const torch::Tensor a = torch::tensor({-3.0f, -7.0f}), b = torch::tensor({-4.0f, -5.0f});
  CHECK(dpo_loss({a, b, a, b}, 0.1).losses[0].item<double>() == doctest::Approx(std::log(2.0)));
  // beta 0.5, chosen up by 1, rejected down by 1: -log sigmoid(0.5 * 2) = 0.313262
  CHECK(dpo_loss({a + 1, b - 1, a, b}, 0.5).losses[0].item<double>() ==
        doctest::Approx(0.313262).epsilon(1e-5));
}

TEST_CASE("dpo_loss with lengths and labels: worked numbers") {
  const auto of = [](float x) { return torch::tensor({x}); };
  // beta 2, log-ratios 3 over 6 tokens and -1 over 4: 2 * (0.5 + 0.25) = 1.5, -log sigmoid(1.5) = 0.201413
  PairTerms pairs{of(-5), of(-9), of(-8), of(-8), of(6), of(4)};
  const DpoOutput normalised = dpo_loss(pairs, 2);
  CHECK(normalised.losses[0].item<double>() == doctest::Approx(0.201413).epsilon(1e-5));
  CHECK(normalised.chosen_rewards[0].item<double>() == doctest::Approx(6));  // as TRL logs it
  // A label of 0.75: 0.75 * 0.201413 - 0.25 * log sigmoid(-1.5) = 0.151060 + 0.25 * 1.701413
  pairs.label = of(0.75);
  CHECK(dpo_loss(pairs, 2).losses[0].item<double>() == doctest::Approx(0.576413).epsilon(1e-5));
}

TEST_CASE("soft_label margin: the label is the sigmoid of the difference of the scores") {
  const Policy policy = tiny_policy();
  const PreferencePair pair{"p", {{"user", "hi"}}, "a", "b", {11, 2}, {13, 2}, 4, 3};
  CHECK(make_dpo_rows(policy.chat(), {pair}, 100, "margin").rows[0].label == doctest::Approx(0.731059));
  CHECK(make_dpo_rows(policy.chat(), {pair}, 100).rows[0].label == 1);
  PreferencePair unscored = pair;
  unscored.score_rejected.reset();
  CHECK_THROWS_WITH_AS(make_dpo_rows(policy.chat(), {unscored}, 100, "margin"),
                       doctest::Contains("pair of prompt 'p'"), Error);
}

TEST_CASE("sampled ids are trained as they are, and answers of the same tokens are left out") {
  const Policy policy = tiny_policy();
  const auto rows =
      make_dpo_rows(policy.chat(), {{"p", {{"user", "hi"}}, "a", "b", {11, 12, 2}, {13, 2}, 5, 1}}, 100);
  CHECK(rows.rows[0].chosen == TokenIds{11, 12, 2});
  const auto some = make_dpo_rows(policy.chat(),
                                  {{"p", {{"user", "hi"}}, "a", "a ", {11, 2}, {11, 2}, 5, 1},
                                   {"q", {{"user", "hi"}}, "a", "b", {}, {}, 5, 1},
                                   {"r", {{"user", "hi"}}, "a", "b", TokenIds(200, 11), {12, 2}, 5, 1}},
                                  100);
  CHECK(some.rows.size() == 1);
  CHECK(some.dropped == std::map<std::string, int64_t>{{"longer_than_max_length", 1}, {"same_tokens", 1}});
}
