#include "model/gguf/import.h"

#include <doctest/doctest.h>

#include <cstdlib>

#include "model/families/config_json.h"
#include "model/gguf/gguf.h"
#include "model/policy/checkpoint.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

constexpr const char* kFixtures = SELFREWARD_SOURCE_DIR "/tests/fixtures/gguf";

GgufFile tiny() {
  return read_gguf(fs::path(kFixtures) / "tiny.gguf");
}

std::string error_of(const GgufFile& file) {
  try {
    gguf_tokenizer_files(file, gguf_config(file));
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

Json tokenizer_of(const GgufFile& file) {
  return parse_json(gguf_tokenizer_files(file, gguf_config(file)).at("tokenizer.json"), "tokenizer.json");
}

/// `file` without `key`, or with another value of it.
GgufFile with(GgufFile file, const std::string& key, const Json& value) {
  file.metadata[key] = value;
  return file;
}

}  // namespace

TEST_CASE("the imported weights are those that transformers reads from the same file, bit for bit") {
  // tests/golden/make_gguf_golden.py: transformers 5.23.0, gguf 0.19.0; all tensor types, q and k permuted
  const fs::path dir = scratch_dir();
  import_gguf(fs::path(kFixtures) / "tiny.gguf", dir, "float32");
  const TensorMap read = read_checkpoint_tensors(dir);
  const TensorMap expected = read_safetensors(fs::path(kFixtures) / "tiny.safetensors");
  CHECK(read.size() == expected.size());
  for (const auto& [name, tensor] : expected) {
    CAPTURE(name);
    REQUIRE(read.contains(name));
    CHECK(at::equal(read.at(name), tensor));
  }
}

TEST_CASE("the imported config holds the numbers as their author wrote them") {
  const Json config = gguf_config(tiny());
  CHECK(config["architectures"] == Json::array({"LlamaForCausalLM"}));
  CHECK(config["vocab_size"] == 22);
  CHECK(config["head_dim"] == 8);
  CHECK(config["num_key_value_heads"] == 2);
  CHECK(config["rms_norm_eps"] == 1e-5);  // the file has the float32 9.99999974737875e-06
  CHECK(config["rope_theta"] == 50000.0);
  CHECK(config["rope_scaling"].is_null());
  CHECK(config["tie_word_embeddings"] == false);
  CHECK(config["eos_token_id"] == 2);
  const Json two = gguf_config(with(tiny(), "tokenizer.ggml.eot_token_id", 0));
  CHECK(two["eos_token_id"] == Json::array({2, 0}));
}

TEST_CASE("the tokenizer carries vocabulary, merges, special tokens and template") {
  const auto files = gguf_tokenizer_files(tiny(), gguf_config(tiny()));
  const Json json = parse_json(files.at("tokenizer.json"), "tokenizer.json");
  CHECK(json["model"]["vocab"].size() == 22);
  CHECK(json["model"]["vocab"]["Ġwor"] == 20);
  CHECK(json["model"]["merges"][3] == "hell o");
  REQUIRE(json["added_tokens"].size() == 4);
  CHECK(json["added_tokens"][2]["content"] == "<|im_end|>");
  CHECK(json["added_tokens"][2]["special"] == true);
  CHECK(json["added_tokens"][3]["id"] == 21);
  CHECK(json["added_tokens"][3]["special"] == false);  // <tool> is user-defined, not control
  CHECK(json["post_processor"].is_null());
  const Json config = parse_json(files.at("tokenizer_config.json"), "tokenizer_config.json");
  CHECK(config["eos_token"] == "<|im_end|>");
  CHECK(config["unk_token"] == "<|endoftext|>");
  CHECK(config["chat_template"] == "{% for message in messages %}{{ message['content'] }}{% endfor %}");
}

TEST_CASE("the name of the pre-tokenizer decides how text is cut") {
  const auto with_pre = [](const std::string& pre) {
    return tokenizer_of(with(tiny(), "tokenizer.ggml.pre", pre));
  };
  CHECK(with_pre("gpt-2")["pre_tokenizer"]["type"] == "ByteLevel");
  CHECK(with_pre("smollm")["pre_tokenizer"]["pretokenizers"][0]["type"] == "Digits");
  const Json llama = with_pre("llama-bpe");
  CHECK(llama["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"].get<std::string>().find("{1,3}") !=
        std::string::npos);
  CHECK(llama["pre_tokenizer"]["pretokenizers"][1]["use_regex"] == false);
  CHECK(llama["model"]["ignore_merges"] == true);
}

TEST_CASE("a beginning or end of sequence is added where the file asks for it") {
  const Json llama = tokenizer_of(
      with(with(tiny(), "tokenizer.ggml.pre", "llama-bpe"), "tokenizer.ggml.add_bos_token", nullptr));
  CHECK(llama["post_processor"]["single"][0]["SpecialToken"]["id"] == "<|im_start|>");
  const Json both = tokenizer_of(
      with(with(tiny(), "tokenizer.ggml.add_bos_token", true), "tokenizer.ggml.add_eos_token", true));
  const Json& post = both["post_processor"];
  REQUIRE(post["single"].size() == 3);
  CHECK(post["single"][2]["SpecialToken"]["id"] == "<|im_end|>");
  CHECK(post["special_tokens"]["<|im_end|>"]["ids"] == Json::array({2}));
  CHECK(post["pair"][4]["Sequence"] == Json{{"id", "B"}, {"type_id", 1}});
}

TEST_CASE("what cannot be carried over is an error that names it") {
  const std::tuple<std::string, Json, std::string> cases[] = {
      {"general.architecture", "rwkv7", "general.architecture is \"rwkv7\", expected one of llama, smollm3"},
      {"llama.rope.scaling.type", "yarn", "llama.rope.scaling.factor is missing"},
      {"llama.rope.scale_linear", 2.0, "llama.rope.scale_linear is 2.0"},
      {"llama.attention.sliding_window", 64, "llama.attention.sliding_window is 64"},
      {"llama.expert_count", 8, "llama.expert_count is 8"},
      {"llama.attention.head_count", Json::array({4, 4}), "llama.attention.head_count is [4,4]"},
      {"llama.attention.head_count", 0, "llama.attention.head_count is 0"},
      {"llama.attention.head_count", nullptr, "llama.attention.head_count is missing"},
      {"llama.rope.dimension_count", 4, "llama.rope.dimension_count is 4"},
      {"llama.attention.layer_norm_rms_epsilon", "x", "layer_norm_rms_epsilon is \"x\", expected a number"},
      {"tokenizer.ggml.model", "llama", "tokenizer.ggml.scores is missing"},
      {"tokenizer.ggml.model", "bert", "tokenizer.ggml.model is \"bert\", expected \"gpt2\""},
      {"tokenizer.ggml.pre", "falcon", "tokenizer.ggml.pre is \"falcon\""},
      {"tokenizer.ggml.pre", nullptr, "tokenizer.ggml.pre is missing"},
      {"tokenizer.ggml.tokens", Json::array({"a", 3}), "expected a list of one kind"},
      {"tokenizer.ggml.tokens", Json::array({"a"}), "1 tokens, 22 token types and 22 rows"},
      {"tokenizer.ggml.tokens", nullptr, "tokenizer.ggml.tokens is missing"},
      {"tokenizer.ggml.merges", Json::array({"h x"}), "merge \"h x\" does not join"},
      {"tokenizer.ggml.merges", Json::array({"hello"}), "merge \"hello\" does not join"},
      {"tokenizer.ggml.eos_token_id", 22, "eos_token_id is 22"},
      {"tokenizer.ggml.unknown_token_id", 22, "tokenizer.ggml.unknown_token_id is 22"},
      {"tokenizer.chat_template", "\xff", "not valid UTF-8"}};
  for (const auto& [key, value, message] : cases) {
    CAPTURE(key);
    CAPTURE(error_of(with(tiny(), key, value)));
    CHECK(error_of(with(tiny(), key, value)).find(message) != std::string::npos);
  }
}

TEST_CASE("SmolLM2 imports with the weights that transformers reads") {
  const char* given = std::getenv("SELFREWARD_SMOLLM2_GGUF");
  const char* home = std::getenv("HOME");
  const fs::path path = given != nullptr ? fs::path(given)
                                         : fs::path(home != nullptr ? home : ".") /
                                               ".cache/selfreward/smollm2/SmolLM2-135M-Instruct.Q4_1.gguf";
  if (!fs::exists(path)) {
    MESSAGE("skipped: ", path.string(), " is absent (SELFREWARD_SMOLLM2_GGUF names another place)");
    return;
  }
  const fs::path dir = scratch_dir();
  import_gguf(path, dir, "float32");
  const TensorMap tensors = read_checkpoint_tensors(dir);
  check_checkpoint_tensors(load_model_config(dir), tensors, dir.string());
  // AutoModelForCausalLM.from_pretrained(gguf_file=..., dtype=float32) of transformers 5.23.0, per weight w:
  // w.double().abs().sum(), w[1, 2], w[-2, -3]
  const std::tuple<const char*, double, float, float> golden[] = {
      {"model.embed_tokens.weight", 2802153.619805813, -0.0396728515625f, -0.10012054443359375f},
      {"model.layers.0.self_attn.q_proj.weight", 63395.39872741699, -0.0198974609375f, 0.161376953125f},
      {"model.layers.29.self_attn.k_proj.weight", 11157.1625289917, 0.1015625f, -0.042144775390625f},
      {"model.layers.7.mlp.down_proj.weight", 131425.78338623047, -0.1453857421875f, 0.25836181640625f}};
  for (const auto& [name, sum, early, late] : golden) {
    CAPTURE(name);
    const at::Tensor& weight = tensors.at(name);
    CHECK(weight.to(at::kDouble).abs().sum().item<double>() == doctest::Approx(sum).epsilon(1e-12));
    CHECK(weight[1][2].item<float>() == early);
    CHECK(weight[-2][-3].item<float>() == late);
  }
  fs::remove_all(dir);
}
