#include "playground/m0.h"

#include "playground/bpe_trainer.h"
#include "playground/judging.h"
#include "playground/pretraining.h"
#include "playground/words.h"

namespace selfreward::playground {
namespace {

constexpr int kEndOfText = 0, kEnd = 3;
const std::vector<std::string> kSpecialTokens = {"<|endoftext|>", "<|user|>", "<|assistant|>",
                                                 std::string(kEndToken)};

constexpr const char* kChatTemplate =
    "{% for m in messages %}<|{{ m.role }}|> {{ m.content | trim }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}";

/// One requirement of every kind and value.
Requirements all_requirements() {
  Requirements all;
  for (size_t kind = 0; kind < kNumKinds; ++kind) {
    for (const char letter : kLetters) all.push_back({static_cast<Kind>(kind), letter, 0});
    for (int number = 0; number < 10; ++number) all.push_back({static_cast<Kind>(kind), 'a', number});
  }
  return all;
}

/// Texts in which every word of the world occurs, as it stands in a conversation or list.
std::vector<std::string> world_texts() {
  const Requirements all = all_requirements();
  std::vector<std::string> texts = {" " + judge_prompt(render_word(kLetters), ""), prompt_list({"", "", ""})};
  for (size_t i = 0; i < openings().size(); ++i) texts.push_back(" " + render(Request{i, all}));
  for (const std::string word : {"", "a", "abcdefghijkl", "aa"})
    for (const bool verdict : {false, true})
      texts.push_back(" " + judgement_text(all, word, std::vector<bool>(all.size(), verdict)));
  return texts;
}

Json special_token(int id) {
  return {{"id", id},
          {"content", kSpecialTokens[static_cast<size_t>(id)]},
          {"single_word", false},
          {"lstrip", false},
          {"rstrip", false},
          {"normalized", false},
          {"special", true}};
}

Json byte_level_part(bool add_prefix_space) {
  return {{"type", "ByteLevel"},
          {"add_prefix_space", add_prefix_space},
          {"trim_offsets", true},
          {"use_regex", true}};
}

Json bpe_model(const Bpe& bpe) {
  std::vector<std::string> tokens = kSpecialTokens;
  tokens.insert(tokens.end(), bpe.vocabulary.begin(), bpe.vocabulary.end());
  Json vocab = Json::object(), merges = Json::array();
  for (size_t id = 0; id < tokens.size(); ++id) vocab[tokens[id]] = id;
  for (const auto& [left, right] : bpe.merges) merges.push_back(str(left, " ", right));
  return {{"type", "BPE"},
          {"dropout", nullptr},
          {"unk_token", nullptr},
          {"continuing_subword_prefix", nullptr},
          {"end_of_word_suffix", nullptr},
          {"fuse_unk", false},
          {"byte_fallback", false},
          {"ignore_merges", false},
          {"vocab", vocab},
          {"merges", merges}};
}

void write_json(const fs::path& path, const Json& json) {
  write_file_atomically(path, json.dump(2) + "\n");
}

}  // namespace

Json make_tokenizer() {
  Json added = Json::array();
  for (size_t id = 0; id < kSpecialTokens.size(); ++id) added.push_back(special_token(static_cast<int>(id)));
  return {{"version", "1.0"},
          {"truncation", nullptr},
          {"padding", nullptr},
          {"added_tokens", added},
          {"normalizer", nullptr},
          {"pre_tokenizer", byte_level_part(/*add_prefix_space=*/false)},
          {"post_processor", nullptr},
          {"decoder", byte_level_part(/*add_prefix_space=*/true)},
          {"model", bpe_model(train_bpe(world_texts()))}};
}

Json make_tokenizer_config() {
  return {{"tokenizer_class", "PreTrainedTokenizerFast"},
          {"eos_token", kSpecialTokens[kEnd]},
          {"pad_token", kSpecialTokens[kEndOfText]},
          {"clean_up_tokenization_spaces", false},
          {"model_max_length", 512},
          {"chat_template", kChatTemplate}};
}

Json make_model_config(size_t vocab_size) {
  return {{"architectures", Json::array({"LlamaForCausalLM"})},
          {"model_type", "llama"},
          {"vocab_size", vocab_size},
          {"hidden_size", 96},
          {"intermediate_size", 264},
          {"num_hidden_layers", 3},
          {"num_attention_heads", 4},
          {"num_key_value_heads", 4},
          {"head_dim", 24},
          {"hidden_act", "silu"},
          {"max_position_embeddings", 512},
          {"rms_norm_eps", 1e-5},
          {"rope_theta", 10000.0},
          {"attention_bias", false},
          {"mlp_bias", false},
          {"tie_word_embeddings", true},
          {"initializer_range", 0.03},
          {"bos_token_id", kEndOfText},
          {"eos_token_id", kEnd},
          {"pad_token_id", kEndOfText},
          {"torch_dtype", "float32"}};
}

Json make_generation_config() {
  return {{"bos_token_id", kEndOfText}, {"eos_token_id", kEnd}, {"pad_token_id", kEndOfText}};
}

void write_m0_skeleton(const fs::path& dir) {
  const Json tokenizer = make_tokenizer();
  write_json(dir / "tokenizer.json", tokenizer);
  write_json(dir / "tokenizer_config.json", make_tokenizer_config());
  write_json(dir / "config.json", make_model_config(tokenizer["model"]["vocab"].size()));
  write_json(dir / "generation_config.json", make_generation_config());
}

}  // namespace selfreward::playground
