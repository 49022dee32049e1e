#include "model/policy/policy.h"

#include <doctest/doctest.h>

#include "model/files/checkpoint.h"
#include "model/policy/causal_lm.h"
#include "support/fixtures.h"
#include "support/scratch.h"

using namespace selfreward;
using torch::Tensor;

namespace {}  // namespace

TEST_CASE("a policy that is saved and loaded has the same weights and tokenizer") {
  const Policy policy = Policy::load(kTinyLlama, {.device = "cpu", .dtype = "float32"});
  const fs::path dir = scratch_dir("save");
  policy.save(dir, "auto");
  const Policy again = Policy::load(dir, {.device = "cpu", .dtype = "float32"});
  for (const auto& item : policy.model().named_parameters())
    CHECK(at::equal(item.value(), again.model().named_parameters()[item.key()]));
  CHECK(read_file(dir / "tokenizer.json") == read_file(kTinyLlama / "tokenizer.json"));
  CHECK(again.chat().prompt_ids({{"user", "hi"}}) == policy.chat().prompt_ids({{"user", "hi"}}));
}

TEST_CASE("a conversation's text and ids equal transformers', and a training turn splits it at the reply") {
  // tests/fixtures/tiny_llama/text.json is made by tests/golden/make_model_golden.py
  const Policy policy = Policy::load(kTinyLlama, {.device = "cpu", .dtype = "float32"});
  const Json text = read_json(kTinyLlama / "text.json");
  for (const Json& chat : text["chats"]) {
    const auto messages = chat["messages"].get<Conversation>();
    if (chat["add_generation_prompt"].get<bool>()) {
      CHECK(policy.chat().render(messages, true) == chat["text"].get<std::string>());
      CHECK(policy.chat().prompt_ids(messages) == chat["ids"].get<TokenIds>());
    } else if (messages.back().role == "assistant") {
      const auto turn = policy.chat().training_turn(messages);
      TokenIds both = turn.prompt;
      both.insert(both.end(), turn.response.begin(), turn.response.end());
      CHECK(both == chat["ids"].get<TokenIds>());
      CHECK(policy.chat().is_stop(turn.response.back()));
      CHECK(turn.prompt == policy.chat().prompt_ids({messages.begin(), messages.end() - 1}));
    }
  }
}

TEST_CASE("a directory that is no checkpoint is an error that says what is wanted") {
  CHECK_THROWS_WITH_AS(Policy::load("/nonexistent", {}), doctest::Contains("checkpoint directory"), Error);
}

TEST_CASE("an end of turn that the model has no row for is an error; a head of its own is used and kept") {
  const fs::path dir = scratch_dir("files"), saved = scratch_dir("saved");
  fs::copy(kTinyLlama, dir);
  Json config = read_json(dir / "config.json"), settings = read_json(dir / "tokenizer_config.json");
  config["tie_word_embeddings"] = true;  // the weights have a head, another matrix
  write_file_atomically(dir / "config.json", config.dump());
  const Policy policy = Policy::load(dir, {.device = "cpu", .dtype = "float32"});
  CHECK(at::equal(policy.model().output_weight(), read_checkpoint_tensors(kTinyLlama).at("lm_head.weight")));
  CHECK(!outline_policy(dir).config.tie_word_embeddings);
  policy.save(saved, "auto");
  CHECK(at::equal(read_checkpoint_tensors(saved).at("lm_head.weight"), policy.model().output_weight()));
  CHECK(read_json(saved / "config.json")["tie_word_embeddings"] == false);

  settings["eos_token"] = "<|nowhere|>";
  write_file_atomically(dir / "tokenizer_config.json", settings.dump());
  CHECK_THROWS_WITH_AS(Policy::load(dir, {.device = "cpu"}),
                       doctest::Contains("eos_token has the id 320, but the model's vocab_size is 320"),
                       Error);
}
