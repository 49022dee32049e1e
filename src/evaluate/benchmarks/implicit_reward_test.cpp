#include "evaluate/benchmarks/implicit_reward.h"

#include <doctest/doctest.h>

#include "support/fixtures.h"
#include "support/scratch.h"
#include "train/dpo.h"
#include "train/response_log_probs.h"

using namespace selfreward;

namespace {

Policy tiny_policy() {
  return Policy::load(kTinyLlama, {.device = "cpu", .dtype = "float32"});
}

const std::vector<RankedAnswers> kRanked = {
    {"a", "tell me a story", {"no", "once upon a time"}, {1, 0}},
    {"b", "count to ten", {"one two", "ten", "I will not"}, {0, 1, 2}},
    {"c", "why", {std::string(4000, 'x'), "because"}, {0, 1}}};

std::vector<AnswerLogProb> log_probs(const Policy& policy, int64_t tokens, int64_t shard_size) {
  const fs::path path = scratch_dir() / "logps.jsonl";
  const auto records = memo<AnswerLogProb>(path, [&](RecordSink<AnswerLogProb>& out) {
    answer_log_probs(policy, kRanked, tokens, shard_size, out);
  });
  CHECK(read_json(counts_file(path))["too_long"] == 1);
  return records;
}

}  // namespace

TEST_CASE("log-probs are those of DPO, whatever the batches; an answer that does not fit has none") {
  const Policy policy = tiny_policy();
  const DpoRows pairs =
      make_dpo_rows(policy.chat(),
                    {{"a", {{"user", "tell me a story"}}, "once upon a time", "no", {}, {}, {}, {}},
                     {"b", {{"user", "count to ten"}}, "one two", "ten", {}, {}, {}, {}}},
                    1000);
  const Reference expected = reference_log_probs(policy.model(), pairs.rows, {});
  for (const auto& [tokens, shard_size] : {std::pair{100000, 100}, std::pair{1, 1}}) {
    const auto found = log_probs(policy, tokens, shard_size);
    REQUIRE(found.size() == 7);
    CHECK(*found[0].logp == doctest::Approx(expected.rejected[0]).epsilon(1e-5));
    CHECK(*found[1].logp == doctest::Approx(expected.chosen[0]).epsilon(1e-5));
    CHECK(*found[2].logp == doctest::Approx(expected.chosen[1]).epsilon(1e-5));
    CHECK(*found[3].logp == doctest::Approx(expected.rejected[1]).epsilon(1e-5));
    CHECK(!found[5].logp);
    CHECK(found[6].logp);
  }
}

TEST_CASE("the reward is beta times the difference of the log-probs, and absent where one is") {
  const std::vector<AnswerLogProb> policy = {{"a", 0, -3.0}, {"a", 1, -5.0},         {"b", 0, -1.0},
                                             {"b", 1, -2.0}, {"b", 2, std::nullopt}, {"c", 0, -1.0},
                                             {"c", 1, -1.0}};
  std::vector<AnswerLogProb> reference = policy;
  reference[0].logp = -2.0;
  reference[1].logp = -9.0;
  reference[4].logp = -4.0;
  const auto rewards = implicit_rewards(kRanked, policy, reference, 0.5);
  REQUIRE(rewards.size() == 3);
  CHECK(*rewards[0].scores[0] == doctest::Approx(-0.5));
  CHECK(*rewards[0].scores[1] == doctest::Approx(2.0));
  CHECK(rewards[1].scores[0] == 0.0);
  CHECK(!rewards[1].scores[2]);
  CHECK(rewards[1].ranks == kRanked[1].ranks);
  CHECK(reward_metrics({rewards[0]}, 5).pairwise_accuracy == 1);
}

TEST_CASE("a policy learns its reward: after DPO on the pairs it orders them as it was taught") {
  Policy policy = tiny_policy();
  const auto before = log_probs(policy, 4096, 10);
  const DpoRows pairs = make_dpo_rows(
      policy.chat(), {{"a", {{"user", "tell me a story"}}, "once upon a time", "no", {}, {}, {}, {}}}, 1000);
  DpoSettings settings;
  settings.train.learning_rate = 1e-2;
  settings.train.max_steps = 3;
  settings.train.train_batch_size = 1;
  train_dpo(policy.model(), {pairs.rows, reference_log_probs(policy.model(), pairs.rows, {})}, {}, settings,
            {Seed(1), {scratch_dir("dpo")}, "test"});
  const auto rewards = implicit_rewards(kRanked, log_probs(policy, 4096, 10), before, 0.1);
  CHECK(*rewards[0].scores[1] > *rewards[0].scores[0]);
}

TEST_CASE("rewards of candidates are those of the sampled ids under both models, whatever the shards") {
  const Policy policy = tiny_policy();
  Policy other = tiny_policy();
  {
    const DpoRows pairs = make_dpo_rows(
        other.chat(), {{"a", {{"user", "tell me a story"}}, "once upon a time", "no", {}, {}, {}, {}}}, 1000);
    DpoSettings settings;
    settings.train.learning_rate = 1e-2;
    settings.train.max_steps = 2;
    train_dpo(other.model(), {pairs.rows, reference_log_probs(other.model(), pairs.rows, {})}, {}, settings,
              {Seed(1), {scratch_dir("dpo")}, "test"});
  }
  const std::vector<Prompt> prompts = {{"a", "tell me a story", "seed"}, {"b", "count to ten", "seed"}};
  const auto turn = policy.chat().training_turn({{"user", "count to ten"}, {"assistant", "one two"}});
  const std::vector<Candidate> candidates = {{"a", 0, {11, 12, 2}, "x", FinishReason::stop},
                                             {"b", 0, turn.response, "one two", FinishReason::stop},
                                             {"b", 1, {30, 2}, "y", FinishReason::stop}};
  for (const int64_t shard_size : {1, 8}) {
    const fs::path path = scratch_dir() / "rewards.jsonl";
    const auto rewards = memo<CandidateReward>(path, [&](RecordSink<CandidateReward>& out) {
      candidate_rewards(policy, other, prompts, candidates, {}, shard_size, out);
    });
    REQUIRE(rewards.size() == 3);
    const auto of = [&](const Policy& model) {
      return response_log_probs(model.model(), {{turn.prompt, turn.response}}, {0}).at(0);
    };
    CHECK(rewards[1].logp == doctest::Approx(of(policy)).epsilon(1e-5));
    CHECK(rewards[1].logp_before == doctest::Approx(of(other)).epsilon(1e-5));
    CHECK(rewards[1].reward() == doctest::Approx(of(policy) - of(other)).epsilon(1e-4));
    CHECK(rewards[2].index == 1);
  }
}

TEST_CASE("consistency is the mean of (tau + 1) / 2 over the prompts that both orders tell apart") {
  const auto judged = [](const char* id, int64_t index, std::optional<double> score) {
    return Judgement{id, index, {}, score};
  };
  // p: both orders alike, 1; q: reversed, 0; r: all scores equal, left out; s: one pair of three reversed, (1/3 + 1) / 2
  const std::vector<Judgement> judgements = {
      judged("p", 0, 1), judged("p", 1, 2),           judged("q", 0, 1), judged("q", 1, 2),
      judged("r", 0, 3), judged("r", 1, 3),           judged("s", 0, 1), judged("s", 1, 2),
      judged("s", 2, 3), judged("s", 3, std::nullopt)};
  const std::vector<CandidateReward> rewards = {
      {"p", 0, -2, -1}, {"p", 1, -1, -1}, {"q", 0, 0, 0}, {"q", 1, -5, 0}, {"r", 0, 1, 0},
      {"r", 1, 2, 0},   {"s", 0, 1, 0},   {"s", 1, 3, 0}, {"s", 2, 2, 0},  {"s", 3, 9, 0}};
  CHECK(*consistency(judgements, rewards) == doctest::Approx((1 + 0 + 2.0 / 3) / 3));
  CHECK(!consistency(judgements, {}));
}
