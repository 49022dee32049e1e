#include "train/sft.h"

#include "support/golden_training.h"

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
    const SftRows rows = make_sft_rows(policy.chat(), golden_examples(golden), 256, TrainOn::last);
    REQUIRE(rows.rows.size() == golden["tokens"].size());
    for (size_t i = 0; i < rows.rows.size(); ++i) {
      CHECK(rows.rows[i].prompt == golden["tokens"][i]["prompt_ids"].get<TokenIds>());
      CHECK(rows.rows[i].response == golden["tokens"][i]["completion_ids"].get<TokenIds>());
    }
    TrainSettings settings = golden_settings(golden["settings"]);
    settings.micro_batch_tokens = micro_batch_tokens;
    const TrainingFiles files = scratch_training(str("sft", micro_batch_tokens));
    train_sft(policy.model(), rows.rows, settings, {Seed(1), files, "test", /*shuffle=*/false});
    check_steps(files, golden["runs"][0]["steps"], {"loss"}, 2e-5);
    check_weights(policy.model(), golden["runs"][0]["final_weights"]);
  }
}

TEST_CASE("rows that are too long are counted, never cut") {
  const Policy policy = tiny_policy();
  const std::vector<Example> examples = {{"a", {{"user", "hi"}, {"assistant", "yes"}}, "t"},
                                         {"b", {{"user", "hi"}, {"assistant", std::string(300, 'x')}}, "t"}};
  const SftRows rows = make_sft_rows(policy.chat(), examples, 40, TrainOn::last);
  CHECK(rows.rows.size() == 1);
  CHECK(rows.too_long == 1);
}

TEST_CASE("rows of which marks leave nothing to train are counted, the others trained as the setting says") {
  const Policy policy = tiny_policy();
  const Json no = {{"role", "assistant"}, {"content", "b"}, {"train", false}};
  const Conversation turns = {{"user", "u"}, {"assistant", "a"}, {"user", "v"}};
  Conversation marked = turns, unmarked = turns;
  marked.push_back({"assistant", "b", no});
  unmarked.push_back({"assistant", "b"});
  const auto rows = [&](TrainOn train_on) {
    return make_sft_rows(policy.chat(), {{"a", marked, "t"}, {"b", unmarked, "t"}}, 256, train_on);
  };
  const SftRows last = rows(TrainOn::last), all = rows(TrainOn::all);
  CHECK(last.untrained == 1);
  REQUIRE(last.rows.size() == 1);
  CHECK(last.rows[0].learnt.empty());
  CHECK(left_out_text(last, "n") == "0 longer than n left out, 1 in which marks leave no answer to train");
  REQUIRE(all.rows.size() == 2);
  CHECK(all.rows[0].prompt == all.rows[1].prompt);
  CHECK(all.rows[0].response.size() < all.rows[1].response.size());
  CHECK(left_out_text(all, "n") == "0 longer than n left out");
  CHECK(train_on(SftSettings{}) == TrainOn::last);
  SftSettings settings;
  settings.train_on = "all";
  CHECK(train_on(settings) == TrainOn::all);
}

TEST_CASE("a conversation without an assistant's reply is an error that names the example") {
  const Policy policy = tiny_policy();
  CHECK_THROWS_WITH_AS(make_sft_rows(policy.chat(), {{"row 7", {{"user", "hi"}}, "t"}}, 40, TrainOn::last),
                       doctest::Contains("row 7"), Error);
}

TEST_CASE("a conversation that the chat template refuses is an error with its words, the roles and the row") {
  const ChatTemplate strict("{{ raise_exception('Roles must alternate') }}", Json::object());
  const ChatFormat chat(tiny_policy().tokenizer(), strict, {2});
  const std::vector<Example> examples = {
      {"data-12", {{"user", "hi"}, {"user", "ho"}, {"assistant", "a"}}, "t"}};
  CHECK_THROWS_WITH_AS(
      make_sft_rows(chat, examples, 40, TrainOn::last),
      "[template] line 1: Roles must alternate (roles: user, user): the chat template cannot "
      "write these messages; change them, or give the checkpoint another chat_template.jinja "
      "(example 'data-12')",
      Error);
}

TEST_CASE("generation blocks of a chat template say what is learnt, in every turn") {
  const ChatTemplate marked(
      "{% for m in messages %}<|im_start|>{{ m.role }}\n{% if m.role == 'assistant' %}{% generation %}"
      "{{ m.content }}<|im_end|>{% endgeneration %}{% else %}{{ m.content }}<|im_end|>{% endif %}{% endfor %}"
      "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
      Json::object());
  const Policy policy = tiny_policy();
  const ChatFormat chat(policy.tokenizer(), marked, policy.chat().stop_ids());
  const std::vector<Example> examples = {
      {"a", {{"user", "u"}, {"assistant", "a"}, {"user", "v"}, {"assistant", "b"}}, "t"}};
  const SftRows made = make_sft_rows(chat, examples, 256, TrainOn::last);
  const SftRow& row = made.rows.at(0);
  std::string learnt;
  for (size_t i = 0; i < row.response.size(); ++i)
    if (row.learnt.at(i)) learnt += policy.tokenizer().decode({row.response[i]}, /*skip_special=*/false);
  CHECK(learnt == "a<|im_end|>b<|im_end|>");
  CHECK(policy.tokenizer().decode(row.prompt, false) ==
        "<|im_start|>user\nu<|im_end|><|im_start|>assistant\n");
}
