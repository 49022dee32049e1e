#include "playground/m0.h"

#include <doctest/doctest.h>

#include "base/text_util.h"
#include "playground/bpe_trainer.h"
#include "playground/pretraining.h"
#include "support/scratch.h"

using namespace selfreward;
using namespace selfreward::playground;

namespace {
/// The words of a pretraining text, with the space that is part of their token.
std::vector<std::string> spaced_words(const PretrainingText& text) {
  std::vector<std::string> words;
  for (const Message& message : text.conversation)
    for (const std::string& word : split_words(message.content)) words.push_back(" " + word);
  return words;
}
}  // namespace

TEST_CASE("every word of the world is one token, whatever the seed") {
  const Json vocab = make_tokenizer()["model"]["vocab"];
  for (int i = 0; i < 500; ++i)
    for (const std::string& word : spaced_words(pretraining_text(Seed(8), i)))
      if (word != " Score:") CHECK_MESSAGE(vocab.contains(byte_level(word)), word);
  for (const char* word : {" Score", ":", "list", " of", " tasks", ".", "\n", "1", "9"})
    CHECK_MESSAGE(vocab.contains(byte_level(word)), word);
}

TEST_CASE("the vocabulary numbers its tokens from 0 without a gap and stays under 400") {
  const Json tokenizer = make_tokenizer();
  const Json& vocab = tokenizer["model"]["vocab"];
  size_t id = 0;
  for (const auto& [token, place] : vocab.items()) CHECK(place == id++);
  CHECK(id < 400);
  for (const Json& added : tokenizer["added_tokens"])
    CHECK(vocab[added["content"].get<std::string>()] == added["id"]);
  CHECK(vocab["<|end|>"] == make_model_config(id)["eos_token_id"]);
}

TEST_CASE("the tokenizer in playground/m0 is the one that the program writes") {
  const fs::path dir = scratch_dir(), kept = SELFREWARD_SOURCE_DIR "/playground/m0";
  write_m0_skeleton(dir);
  for (const char* name : {"tokenizer.json", "tokenizer_config.json"})
    CHECK_MESSAGE(read_file(dir / name) == read_file(kept / name), name);
}

TEST_CASE("the model in playground/m0 has the shape that the program writes") {
  // Pretraining writes config.json anew, with the same values in its own order.
  const Json kept = read_json(SELFREWARD_SOURCE_DIR "/playground/m0/config.json");
  const Json expected = make_model_config(make_tokenizer()["model"]["vocab"].size());
  for (const char* key : {"model_type", "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers",
                          "num_attention_heads", "num_key_value_heads", "tie_word_embeddings", "rms_norm_eps",
                          "max_position_embeddings"})
    CHECK_MESSAGE(kept.at(key) == expected.at(key), key);
}
