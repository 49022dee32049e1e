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

void check_run(const Json& golden, const Json& run, double rpo_alpha, int64_t micro_batch_tokens) {
  Policy policy = tiny_policy();
  const DpoRows rows = make_dpo_rows(policy.chat(), golden_pairs(golden), 256);
  DpoSettings settings;
  settings.train = golden_settings(golden["settings"]);
  settings.train.micro_batch_tokens = micro_batch_tokens;
  settings.beta = golden["settings"]["beta"];
  settings.rpo_alpha = rpo_alpha;
  const Reference reference = reference_log_probs(policy.model(), rows.rows, 4096);
  const TrainingFiles files = scratch_training(str("dpo", rpo_alpha, "_", micro_batch_tokens));
  train_dpo(policy.model(), {rows.rows, reference}, {}, settings,
            {Seed(1), files, "test", /*shuffle=*/false});
  check_steps(
      files, run["steps"],
      {"loss", "rewards/chosen", "rewards/rejected", "rewards/margins", "logps/chosen", "logps/rejected"},
      2e-5);
  check_weights(policy.model(), run["final_weights"]);
}

}  // namespace

TEST_CASE("tokens and reference log-probs equal TRL's") {
  const Json golden = read_json(kFixtures / "trl" / "dpo.json");
  const Policy policy = tiny_policy();
  const DpoRows rows = make_dpo_rows(policy.chat(), golden_pairs(golden), 256);
  const Reference reference = reference_log_probs(policy.model(), rows.rows, 100);
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
    check_run(golden, golden["runs"][0], /*rpo_alpha=*/0, micro_batch_tokens);
}

TEST_CASE("ten steps of DPO with a likelihood term equal TRL's") {
  const Json golden = read_json(kFixtures / "trl" / "dpo.json");
  for (const int64_t micro_batch_tokens : {100000, 1})
    check_run(golden, golden["with_nll"]["runs"][0], /*rpo_alpha=*/0.5, micro_batch_tokens);
}

TEST_CASE("dpo_loss is log 2 while policy equals reference, and falls as the margin grows") {
  const torch::Tensor a = torch::tensor({-3.0f, -7.0f}), b = torch::tensor({-4.0f, -5.0f});
  CHECK(dpo_loss(a, b, a, b, 0.1).losses[0].item<double>() == doctest::Approx(std::log(2.0)));
  // beta 0.5, chosen up by 1, rejected down by 1: -log sigmoid(0.5 * 2) = 0.313262
  CHECK(dpo_loss(a + 1, b - 1, a, b, 0.5).losses[0].item<double>() ==
        doctest::Approx(0.313262).epsilon(1e-5));
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
