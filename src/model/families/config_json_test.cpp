#include "model/families/config_json.h"

#include <doctest/doctest.h>

#include "support/scratch.h"

using namespace selfreward;

namespace {

const Json kGood = {{"architectures", {"LlamaForCausalLM"}},
                    {"model_type", "llama"},
                    {"vocab_size", 32},
                    {"hidden_size", 16},
                    {"intermediate_size", 24},
                    {"num_hidden_layers", 2},
                    {"num_attention_heads", 4},
                    {"num_key_value_heads", 2},
                    {"rms_norm_eps", 1e-5},
                    {"eos_token_id", 3}};

fs::path write_dir(const Json& config, const Json& generation = nullptr) {
  const fs::path dir = scratch_dir();
  write_file_atomically(dir / "config.json", config.dump());
  if (!generation.is_null()) write_file_atomically(dir / "generation_config.json", generation.dump());
  return dir;
}

Json with(const std::string& key, const Json& value) {
  Json json = kGood;
  json[key] = value;
  return json;
}

std::string error_of(const Json& config) {
  try {
    load_model_config(write_dir(config));
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("transformers 4 and 5 spell rope_theta and dtype differently and mean the same") {
  Json old = kGood, now = kGood;
  old.update({{"rope_theta", 50000.0}, {"rope_scaling", nullptr}, {"torch_dtype", "bfloat16"}});
  now.update(
      {{"rope_parameters", {{"rope_theta", 50000.0}, {"rope_type", "default"}}}, {"dtype", "bfloat16"}});
  for (const Json& json : {old, now}) {
    const ModelConfig config = load_model_config(write_dir(json));
    CHECK(config.rope_theta == 50000.0);
    CHECK(config.dtype == "bfloat16");
  }
}

TEST_CASE("rotary positions are those of transformers, however config.json spells them") {
  // tests/golden/make_config_golden.py; the versions are in the file
  const Json golden = read_json(SELFREWARD_SOURCE_DIR "/tests/fixtures/config_spellings.json");
  for (const Json& row : golden["cases"]) {
    CAPTURE(row["config"].dump());
    const ModelConfig config = load_model_config(write_dir(row["config"]));
    REQUIRE(config.ropes.size() == row["ropes"].size());
    for (size_t i = 0; i < config.ropes.size(); ++i) {
      const auto wanted = row["ropes"][i]["inv_freq"].get<std::vector<float>>();
      CHECK(at::allclose(torch::tensor(config.ropes[i].inv_freq), torch::tensor(wanted), 1e-6, 0));
      CHECK(config.ropes[i].attention_factor ==
            doctest::Approx(row["ropes"][i]["attention_factor"].get<double>()).epsilon(1e-9));
    }
  }
}

TEST_CASE("rope settings that transformers would not look at, or read in two ways, are refused") {
  const auto gemma = [](const std::string& key, const Json& value) {
    Json json = with(key, value);
    json.update({{"model_type", "gemma3_text"}, {"architectures", {"Gemma3ForCausalLM"}}, {"head_dim", 4}});
    return error_of(json);
  };
  const Json linear = {{"rope_type", "linear"}, {"factor", 2.0}},
             older = {{"type", "linear"}, {"factor", 2.0}};
  CHECK(gemma("rope_parameters", linear).find("expected full_attention and sliding_attention") !=
        std::string::npos);
  CHECK(gemma("rope_scaling", older).find("expected an object with rope_type") != std::string::npos);
  CHECK(error_of(with("rope_parameters", {{"full_attention", linear}}))
            .find("expected one rope for all layers") != std::string::npos);
  Json outside = with("rope_scaling", {{"rope_type", "yarn"}, {"factor", 2.0}});
  outside["original_max_position_embeddings"] = 16;
  CHECK(error_of(outside).find("expected the same inside of the rope's settings") != std::string::npos);
  outside["rope_scaling"]["original_max_position_embeddings"] = 16;
  CHECK(error_of(outside) == "no error");
}

TEST_CASE("of dtype and torch_dtype the first counts") {
  Json both = with("dtype", "bfloat16");
  both["torch_dtype"] = "float32";
  CHECK(load_model_config(write_dir(both)).dtype == "bfloat16");
}

TEST_CASE("heads of a size of their own need not share hidden_size") {
  Json json = with("head_dim", 6);
  json["hidden_size"] = 18;
  CHECK(load_model_config(write_dir(json)).head_dim == 6);
  Json qwen = with("hidden_size", 18);
  qwen.update({{"model_type", "qwen3"}, {"architectures", {"Qwen3ForCausalLM"}}});
  CHECK(load_model_config(write_dir(qwen)).head_dim == 128);
}

TEST_CASE("what transformers stores but does not apply changes nothing") {
  Json gemma = with("attn_logit_softcapping", 50.0);
  gemma.update({{"model_type", "gemma3_text"},
                {"architectures", {"Gemma3ForCausalLM"}},
                {"head_dim", 4},
                {"final_logit_softcapping", 30.0}});
  CHECK(load_model_config(write_dir(gemma)).attention_softcap == 0);
  CHECK(load_model_config(write_dir(gemma)).logit_softcap == 30);
  CHECK(error_of(with("pretraining_tp", 2)) == "no error");
}

TEST_CASE("layers slide, and turn, as the list says, whatever the older number says") {
  Json gemma = with("layer_types", {"full_attention", "sliding_attention"});
  gemma.update({{"model_type", "gemma2"}, {"architectures", {"Gemma2ForCausalLM"}}, {"head_dim", 4}});
  CHECK(load_model_config(write_dir(gemma)).layer(0).window == 0);
  CHECK(load_model_config(write_dir(gemma)).layer(1).window == 4096);
  Json smollm = with("no_rope_layers", {0, 1});
  smollm.update(
      {{"model_type", "smollm3"}, {"architectures", {"SmolLM3ForCausalLM"}}, {"no_rope_layer_interval", 2}});
  CHECK(load_model_config(write_dir(smollm)).layer(0).rope == kNoRope);
  CHECK(load_model_config(write_dir(smollm)).layer(1).rope == 0);
  smollm.erase("no_rope_layers");
  CHECK(load_model_config(write_dir(smollm)).layer(1).rope == kNoRope);
}

TEST_CASE("absent keys have the values of transformers' LlamaConfig") {
  Json json = kGood;
  json.erase("num_key_value_heads");
  const ModelConfig config = load_model_config(write_dir(json));
  CHECK(config.num_key_value_heads == 4);
  CHECK(config.head_dim == 4);
  CHECK(config.max_position_embeddings == 2048);
  CHECK(config.rope_theta == 10000.0);
  CHECK(config.dtype == "float32");
  CHECK(!config.tie_word_embeddings);
  CHECK(!config.bos_token_id);
}

TEST_CASE("a reply ends at the eos ids of generation_config.json and of config.json") {
  const auto eos = [](const Json& config, const Json& generation) {
    return load_model_config(write_dir(config, generation)).eos_token_ids;
  };
  using Ids = std::vector<int64_t>;
  CHECK(eos(kGood, nullptr) == Ids{3});
  CHECK(eos(kGood, {{"eos_token_id", {5, 3}}}) == Ids{5, 3});
  CHECK(eos(kGood, {{"eos_token_id", 7}}) == Ids{7, 3});
  CHECK(eos(with("eos_token_id", nullptr), {{"temperature", 0.6}}) == Ids{});
}

TEST_CASE("what would change the network is an error that names key and value") {
  const std::tuple<std::string, Json, std::string> cases[] = {
      {"model_type", "bert", "model_type is \"bert\", which is not supported; supported: llama, mistral, "},
      {"model_type", nullptr, "model_type is null, expected a name"},
      {"architectures", Json::array({"LlamaForSequenceClassification"}), "architectures is [\"LlamaForSeq"},
      {"rope_scaling", {{"rope_type", "llama3"}, {"factor", 8.0}}, "expected a number low_freq_factor"},
      {"rope_scaling",
       {{"type", "mrope"}, {"factor", 2.0}},
       "rope_type is \"mrope\", expected default, linear"},
      {"rope_scaling", "linear", "rope_scaling is \"linear\", expected an object"},
      {"rope_parameters", {{"rope_type", "linear"}, {"factor", "2"}}, "factor is \"2\", expected a number"},
      {"hidden_act", "gelu", "hidden_act is \"gelu\", expected \"silu\""},
      {"quantization_config", {{"bits", 4}}, "quantization_config is {\"bits\":4}"},
      {"partial_rotary_factor", 0.5, "partial_rotary_factor is 0.5"},
      {"torch_dtype", "float8_e4m3fn", "torch_dtype is \"float8_e4m3fn\""}};
  for (const auto& [key, value, message] : cases) {
    CAPTURE(key);
    CHECK(error_of(with(key, value)).find(message) != std::string::npos);
  }
}

TEST_CASE("sizes are positive, bounded and divisible") {
  const std::tuple<std::string, Json, std::string> cases[] = {
      {"vocab_size", 0, "vocab_size is 0"},
      {"hidden_size", -16, "hidden_size is -16"},
      {"hidden_size", 18, "hidden_size 18 is not a multiple of num_attention_heads 4"},
      {"intermediate_size", 9223372036854775807, "intermediate_size is 9223372036854775807"},
      {"intermediate_size", 18446744073709551615u, "expected a whole number"},
      {"num_hidden_layers", 100000, "num_hidden_layers is 100000"},
      {"num_hidden_layers", "2", "num_hidden_layers is \"2\", expected a whole number"},
      {"num_hidden_layers", 2.5, "num_hidden_layers is 2.5"},
      {"num_attention_heads", 0, "num_attention_heads is 0"},
      {"num_key_value_heads", 3, "not a multiple of num_key_value_heads 3"},
      {"head_dim", 3, "head_dim is 3, expected an even number"},
      {"max_position_embeddings", 0, "max_position_embeddings is 0"},
      {"rms_norm_eps", 0, "rms_norm_eps is 0"},
      {"rms_norm_eps", "small", "rms_norm_eps is \"small\", expected a number"},
      {"rope_theta", -1, "rope_theta is -1"},
      {"eos_token_id", 32, "eos_token_id is 32, but vocab_size is 32"},
      {"eos_token_id", "</s>", "eos_token_id is \"</s>\", expected a token id"},
      {"tie_word_embeddings", 1, "tie_word_embeddings is 1, expected true or false"}};
  for (const auto& [key, value, message] : cases) {
    CAPTURE(key);
    CAPTURE(error_of(with(key, value)));
    CHECK(error_of(with(key, value)).find(message) != std::string::npos);
  }
}

TEST_CASE("a file that is no model's config.json says so") {
  CHECK(error_of(Json::array()).find("is not a JSON object") != std::string::npos);
  CHECK(error_of({{"model_type", "llama"}}).find("has no \"vocab_size\"") != std::string::npos);
  CHECK_THROWS_AS(load_model_config("/nonexistent"), Error);
}

TEST_CASE("what is written is read back equal") {
  ModelConfig config = load_model_config(write_dir(kGood));
  config.source = Json::object();
  config.dtype = "bfloat16";
  config.tie_word_embeddings = true;
  config.rope_theta = 123456.0;
  config.eos_token_ids = {3, 5};
  config.pad_token_id = 0;
  const ModelConfig again = load_model_config(write_dir(to_config_json(config), to_generation_json(config)));
  CHECK(to_config_json(again) == to_config_json(config));
}

TEST_CASE("generation settings of the source are kept, its ids are replaced") {
  ModelConfig config;
  config.eos_token_ids = {2};
  const Json json = to_generation_json(config, {{"temperature", 0.6}, {"eos_token_id", {1, 9}}});
  CHECK(json == Json{{"temperature", 0.6}, {"eos_token_id", 2}});
}

TEST_CASE("a bounded rope bounds the context, and config.json is written as it was read") {
  Json json = with("rope_scaling", {{"rope_type", "dynamic"}, {"factor", 2.0}});
  json["max_position_embeddings"] = 64;
  json["some_new_key"] = {1, 2};
  const ModelConfig config = load_model_config(write_dir(json));
  CHECK(config.max_position_embeddings == 64);
  const Json written = to_config_json(config);
  for (const auto& [key, value] : json.items()) CHECK_MESSAGE(written[key] == value, key);

  Json phi = json;
  phi.update(
      {{"model_type", "phi3"},
       {"architectures", {"Phi3ForCausalLM"}},
       {"max_position_embeddings", 128},
       {"original_max_position_embeddings", 32},
       {"rope_scaling", {{"type", "longrope"}, {"short_factor", {1.0, 1.5}}, {"long_factor", {2.0, 4.0}}}}});
  CHECK(load_model_config(write_dir(phi)).max_position_embeddings == 32);
}

TEST_CASE("windows: transformers' defaults, and layers that have none") {
  Json mistral = kGood;
  mistral.update({{"model_type", "mistral"}, {"architectures", {"MistralForCausalLM"}}});
  CHECK(load_model_config(write_dir(mistral)).layer(1).window == 4096);
  mistral["sliding_window"] = nullptr;
  CHECK(load_model_config(write_dir(mistral)).layer(1).window == 0);

  Json qwen = kGood;
  qwen.update({{"model_type", "qwen2"}, {"architectures", {"Qwen2ForCausalLM"}}, {"sliding_window", 7}});
  CHECK(load_model_config(write_dir(qwen)).layer(1).window == 0);
  qwen.update({{"use_sliding_window", true}, {"max_window_layers", 1}});
  CHECK(load_model_config(write_dir(qwen)).layer(0).window == 0);
  CHECK(load_model_config(write_dir(qwen)).layer(1).window == 7);
  qwen["layer_types"] = {"sliding_attention"};
  CHECK(error_of(qwen).find("layer_types") != std::string::npos);
}

TEST_CASE("Gemma 3 in the spelling of transformers 4: two ropes, one layer of six sees all") {
  Json gemma = kGood;
  gemma.update({{"model_type", "gemma3_text"},
                {"architectures", {"Gemma3ForCausalLM"}},
                {"num_hidden_layers", 6},
                {"head_dim", 8},
                {"hidden_activation", "gelu_pytorch_tanh"},
                {"query_pre_attn_scalar", 16},
                {"rope_theta", 1000000.0},
                {"rope_local_base_freq", 10000.0},
                {"rope_scaling", {{"rope_type", "linear"}, {"factor", 8.0}}},
                {"sliding_window", 5},
                {"sliding_window_pattern", 6}});
  const ModelConfig config = load_model_config(write_dir(gemma));
  CHECK(config.tie_word_embeddings);
  CHECK(config.attention_scale == 0.25);
  CHECK(config.layer(4).window == 5);
  CHECK(config.layer(5).window == 0);
  CHECK(config.ropes[static_cast<size_t>(config.layer(5).rope)].inv_freq[0] == 0.125f);
  CHECK(config.ropes[static_cast<size_t>(config.layer(4).rope)].inv_freq[0] == 1.0f);
  gemma["use_bidirectional_attention"] = true;
  CHECK(error_of(gemma).find("use_bidirectional_attention is true") != std::string::npos);
}
