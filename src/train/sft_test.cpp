#include "train/sft.h"

#include "train/golden_training.h"

using namespace selfreward;

namespace {

std::vector<Example> golden_examples(const Json& golden) {
  std::vector<Example> examples;
  for (const Json& row : golden["rows"]) {
    auto messages = row["prompt"].get<Conversation>();
    for (const Message& message : row["completion"].get<Conversation>()) messages.push_back(message);
    examples.push_back({str("row ", examples.size()), messages, "test"});
  }
  return examples;
}

}  // namespace

TEST_CASE("ten steps of SFT equal TRL's, whatever the micro-batches") {
  const Json golden = read_json(kFixtures / "trl" / "sft.json");
  for (const int64_t micro_batch_tokens : {100000, 60, 1}) {
    INFO("micro_batch_tokens ", micro_batch_tokens);
    Policy policy = tiny_policy();
    const SftRows rows = make_sft_rows(policy.chat(), golden_examples(golden), 256);
    REQUIRE(rows.rows.size() == golden["tokens"].size());
    for (size_t i = 0; i < rows.rows.size(); ++i) {
      CHECK(rows.rows[i].prompt == golden["tokens"][i]["prompt_ids"].get<TokenIds>());
      CHECK(rows.rows[i].response == golden["tokens"][i]["completion_ids"].get<TokenIds>());
    }
    TrainSettings settings = golden_settings(golden["settings"]);
    settings.micro_batch_tokens = micro_batch_tokens;
    const TrainingFiles files = scratch_training(str("sft", micro_batch_tokens));
    train_sft(policy.model(), rows.rows, settings, Seed(1), files, "test", /*shuffle=*/false);
    check_steps(files, golden["runs"][0]["steps"], {"loss"}, 2e-5);
    check_weights(policy.model(), golden["runs"][0]["final_weights"]);
  }
}

TEST_CASE("rows that are too long are counted, never cut") {
  const Policy policy = tiny_policy();
  const std::vector<Example> examples = {{"a", {{"user", "hi"}, {"assistant", "yes"}}, "t"},
                                         {"b", {{"user", "hi"}, {"assistant", std::string(300, 'x')}}, "t"}};
  const SftRows rows = make_sft_rows(policy.chat(), examples, 40);
  CHECK(rows.rows.size() == 1);
  CHECK(rows.too_long == 1);
}

TEST_CASE("a conversation without an assistant's reply is an error that names the example") {
  const Policy policy = tiny_policy();
  CHECK_THROWS_WITH_AS(make_sft_rows(policy.chat(), {{"row 7", {{"user", "hi"}}, "t"}}, 40),
                       doctest::Contains("row 7"), Error);
}
