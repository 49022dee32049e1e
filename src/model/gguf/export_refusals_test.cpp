// What has no place in a GGUF file is an error, not another model.
#include <doctest/doctest.h>

#include "model/gguf/export.h"
#include "model/gguf/quants.h"
#include "support/golden_gguf.h"

using namespace selfreward;

namespace {

std::string export_error(const Json& golden, const Json& changed) {
  try {
    export_gguf(write_golden(golden, changed), scratch("error.gguf"), kGgmlF32);
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("a tokenizer that llama.cpp has no name or rule for is an error") {
  const std::tuple<const char*, Json, std::string> cases[] = {
      {"pre_tokenizer", {{"type", "Whitespace"}}, "no name for the pre-tokenizer"},
      {"pre_tokenizer",
       {{"type", "Sequence"},
        {"pretokenizers",
         {{{"type", "Split"}, {"pattern", {{"Regex", "x+"}}}, {"behavior", "Isolated"}, {"invert", false}},
          {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}}}}},
       "no name for a pre-tokenizer with the pattern x+; known are gpt-2"},
      {"normalizer", {{"type", "Lowercase"}}, "no normalizer"},
      {"post_processor", {{"type", "RobertaProcessing"}}, "the post-processor RobertaProcessing"},
      {"model", {{"type", "WordPiece"}}, "no BPE model (WordPiece)"},
      {"added_tokens", {{{"id", 0}, {"content", "<|endoftext|>"}, {"lstrip", true}}}, "strips spaces"}};
  for (const auto& [key, value, message] : cases) {
    CAPTURE(message);
    SideFiles files = tiny_tokenizer();
    Json tokenizer = parse_json(files["tokenizer.json"], "tiny");
    tokenizer[key] = value;
    files["tokenizer.json"] = tokenizer.dump();
    files["tokenizer_config.json"] = "{}";  // its added_tokens_decoder would go before
    CHECK_THROWS_WITH_AS(
        export_gguf(write_golden(families()["qwen2"], Json::object(), files), scratch("e.gguf"), kGgmlF32),
        doctest::Contains(message.c_str()), Error);
  }
}

TEST_CASE("what llama.cpp would compute otherwise is an error that names it") {
  const std::tuple<const char*, Json, std::string> cases[] = {
      {"llama", {{"model_type", "mamba"}}, "model_type is \"mamba\", expected one of llama, mistral"},
      {"llama", {{"attention_bias", true}}, "attention_bias is true"},
      {"llama", {{"hidden_act", "gelu"}}, "hidden_act is \"gelu\""},
      {"llama", {{"intermediate_size", 64}}, "\"model.layers.0.mlp.gate_proj.weight\" is [48,32]"},
      {"llama", {{"tie_word_embeddings", true}, {"num_hidden_layers", 1}}, "has no name in GGUF"},
      {"llama", {{"vocab_size", 8}}, "vocab_size 8"},
      {"llama", {{"eos_token_id", {1, 2, 3, 4}}}, "name 4 eos tokens"},
      {"mistral", {{"sliding_window", 64}}, "sliding_window is 64"},
      {"qwen2", {{"use_sliding_window", true}}, "use_sliding_window is true"},
      {"gemma2", {{"query_pre_attn_scalar", 8}}, "query_pre_attn_scalar is 8"},
      {"gemma3", {{"layer_types", Json::array()}}, "layer_types is []"},
      {"smollm3", {{"no_rope_layers", {1, 1, 1, 1}}}, "no_rope_layers is [1,1,1,1]"},
      {"olmo2", {{"tie_word_embeddings", true}}, "OLMo 2 has no tied embeddings"}};
  for (const auto& [family, changed, message] : cases) {
    CAPTURE(message);
    const std::string error = export_error(families()[family], changed);
    CAPTURE(error);
    CHECK(error.find(message) != std::string::npos);
  }
}

TEST_CASE("weights that a type cannot hold are an error that names the tensor") {
  const Json& golden = families()["mistral"];
  const fs::path dir = write_golden(golden);
  NamedTensors weights = golden_weights(golden);
  weights[0].second = weights[0].second * 1e6;
  SideFiles files = tiny_tokenizer();
  files["config.json"] = golden["config"].dump();
  write_checkpoint_files(dir, files, weights, at::kFloat);
  CHECK_THROWS_WITH_AS(export_gguf(dir, scratch("large.gguf"), kGgmlF16),
                       doctest::Contains("has weights that F16 cannot hold"), Error);
  weights[0].second = weights[0].second * INFINITY;
  write_checkpoint_files(dir, files, weights, at::kFloat);
  CHECK_THROWS_WITH_AS(export_gguf(dir, scratch("large.gguf"), kGgmlF32), doctest::Contains("not finite"),
                       Error);
}
