#include "model/policy/checkpoint.h"

#include <doctest/doctest.h>

#include <set>

#include "model/families/config_json.h"
#include "model/policy/shapes.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

ModelConfig tiny_config(bool tied) {
  ModelConfig config;
  config.vocab_size = 10;
  config.hidden_size = config.intermediate_size = 8;
  config.num_hidden_layers = 2;
  config.num_attention_heads = config.num_key_value_heads = 2;
  config.head_dim = 4;
  config.max_position_embeddings = 16;
  config.tie_word_embeddings = tied;
  config.eos_token_ids = {2};
  return config;
}

/// Weights with values that bfloat16 holds exactly; tied embeddings under both names.
NamedTensors tiny_weights(const ModelConfig& config) {
  NamedTensors weights;
  for (const auto& [name, shape] : tensor_shapes(config))
    weights.emplace_back(name, at::randint(-100, 100, shape, at::kFloat) / 128);
  if (config.tie_word_embeddings) weights.emplace_back("lm_head.weight", weights.front().second);
  return weights;
}

fs::path write_source(const fs::path& dir) {
  write_file_atomically(dir / "tokenizer.json", "{\"any\":  \"bytes\"}");
  write_file_atomically(dir / "chat_template.jinja", "{{ messages }}");
  write_file_atomically(dir / "additional_chat_templates" / "tool_use.jinja", "{{ tools }}");
  write_file_atomically(dir / "special_tokens_map.json", "{}");
  write_file_atomically(dir / "generation_config.json", R"({"temperature":0.6,"eos_token_id":9})");
  write_file_atomically(dir / "optimizer.pt", "not a part of a checkpoint");
  return dir;
}

std::set<std::string> names_in(const fs::path& dir) {
  std::set<std::string> names;
  for (const auto& file : fs::directory_iterator(dir)) names.insert(file.path().filename());
  return names;
}

void check_equal(const TensorMap& read, const NamedTensors& written) {
  for (const auto& [name, tensor] : written)
    if (read.contains(name)) CHECK(at::equal(read.at(name).to(at::kFloat), tensor));
}

}  // namespace

TEST_CASE("a checkpoint is complete and comes back equal; tied embeddings are stored once") {
  const fs::path dir = scratch_dir();
  const ModelConfig config = tiny_config(/*tied=*/true);
  const NamedTensors weights = tiny_weights(config);
  write_checkpoint(dir / "M1" / "", read_side_files(write_source(dir / "M0")), config, weights,
                   at::kBFloat16);
  CHECK(names_in(dir / "M1") ==
        std::set<std::string>{"config.json", "generation_config.json", "model.safetensors", "tokenizer.json",
                              "chat_template.jinja", "special_tokens_map.json", "additional_chat_templates"});
  CHECK(read_file(dir / "M1" / "additional_chat_templates" / "tool_use.jinja") == "{{ tools }}");
  CHECK(names_in(dir) == std::set<std::string>{"M0", "M1"});
  CHECK(read_file(dir / "M1" / "tokenizer.json") == "{\"any\":  \"bytes\"}");
  CHECK(read_json(dir / "M1" / "generation_config.json") == Json{{"temperature", 0.6}, {"eos_token_id", 2}});
  CHECK(load_model_config(dir / "M1").dtype == "bfloat16");
  const TensorMap read = read_checkpoint_tensors(dir / "M1");
  CHECK(read.size() == weights.size() - 1);
  CHECK((read.begin()->second.scalar_type() == at::kBFloat16));
  check_equal(read, weights);
  check_checkpoint_tensors(config, read, "M1");
}

TEST_CASE("embeddings that config.json ties stay tied with the same head, and not with another one") {
  const fs::path dir = scratch_dir() / "M";
  ModelConfig config = tiny_config(/*tied=*/true);
  NamedTensors weights = tiny_weights(config);
  const TensorMap same(weights.begin(), weights.end());
  CHECK(with_own_head(config, same).tie_word_embeddings);
  TensorMap other = same;
  other["lm_head.weight"] = same.at("lm_head.weight") + 1;
  CHECK(!with_own_head(config, other).tie_word_embeddings);
  other.erase("lm_head.weight");
  CHECK(with_own_head(config, other).tie_word_embeddings);

  config.source = to_config_json(config);  // as it was read: tied
  weights.back().second = weights.front().second + 1;
  config = with_own_head(config, TensorMap(weights.begin(), weights.end()));
  write_checkpoint(dir, SideFiles{}, config, weights, at::kFloat);
  CHECK(!load_model_config(dir).tie_word_embeddings);
  check_equal(read_checkpoint_tensors(dir), weights);
  CHECK(read_checkpoint_tensors(dir).contains("lm_head.weight"));
}

TEST_CASE("large checkpoints are written as shards with an index") {
  const fs::path dir = scratch_dir();
  const ModelConfig config = tiny_config(/*tied=*/false);
  const NamedTensors weights = tiny_weights(config);
  write_checkpoint(dir / "M", SideFiles{}, config, weights, at::kFloat, /*max_shard_bytes=*/1200);
  const Json index = read_json(dir / "M" / "model.safetensors.index.json");
  const size_t bytes = (10 * 8 * 2 + 2 * (7 * 64 + 16) + 8) * sizeof(float);
  CHECK(index["metadata"]["total_size"] == bytes);
  CHECK(index["weight_map"]["model.embed_tokens.weight"] == "model-00001-of-00004.safetensors");
  const TensorMap read = read_checkpoint_tensors(dir / "M");
  CHECK(read.size() == weights.size());
  check_equal(read, weights);
}

TEST_CASE("an index that its shards contradict is an error") {
  const fs::path dir = scratch_dir() / "M";
  const ModelConfig config = tiny_config(/*tied=*/false);
  write_checkpoint(dir, SideFiles{}, config, tiny_weights(config), at::kFloat, 1200);
  const fs::path index = dir / "model.safetensors.index.json";
  const auto error_with = [&](const Json& shard) -> std::string {
    Json json = read_json(index);
    json["weight_map"]["extra"] = shard;
    write_file_atomically(index, json.dump());
    try {
      read_checkpoint_tensors(dir);
    } catch (const Error& e) {
      return e.what();
    }
    return "no error";
  };
  CHECK(error_with("model-00001-of-00004.safetensors").find("has no \"extra\", but") != std::string::npos);
  CHECK(error_with("gone.safetensors").find("is missing, but") != std::string::npos);
  for (const Json& shard : {Json("../M/model-00001-of-00004.safetensors"), Json("/etc/passwd"), Json(""),
                            Json(".."), Json("sub/x.safetensors"), Json(std::string("a\0.safetensors", 14))})
    CHECK(error_with(shard).find("is not the plain name") != std::string::npos);
  CHECK(error_with(3).find("the shard of \"extra\" is 3") != std::string::npos);
  write_file_atomically(index, "{}");
  CHECK_THROWS_WITH_AS(read_checkpoint_tensors(dir), doctest::Contains("has no \"weight_map\""), Error);
}

TEST_CASE("a directory without safetensors says what it holds instead") {
  const fs::path dir = scratch_dir();
  CHECK_THROWS_WITH_AS(read_checkpoint_tensors(dir), doctest::Contains("has no model.safetensors"), Error);
  write_file_atomically(dir / "x.gguf", "");
  CHECK_THROWS_WITH_AS(read_checkpoint_tensors(dir), doctest::Contains("has to be imported"), Error);
  CHECK_THROWS_WITH_AS(read_checkpoint_tensors(dir / "no"), doctest::Contains("is not a directory"), Error);
}

TEST_CASE("weights that config.json does not describe are refused by name") {
  const ModelConfig config = tiny_config(/*tied=*/false);
  const NamedTensors weights = tiny_weights(config);
  const TensorMap good(weights.begin(), weights.end());
  TensorMap bad = good;
  bad["model.layers.0.self_attn.rotary_emb.inv_freq"] = at::ones({2});
  CHECK_NOTHROW(check_checkpoint_tensors(config, bad, "M"));
  bad["model.layers.0.self_attn.q_proj.bias"] = at::ones({8});
  CHECK_THROWS_WITH_AS(check_checkpoint_tensors(config, bad, "M"), doctest::Contains("q_proj.bias"), Error);
  bad = good;
  bad["model.norm.weight"] = at::ones({9});
  CHECK_THROWS_WITH_AS(check_checkpoint_tensors(config, bad, "M"),
                       "[checkpoint] M: \"model.norm.weight\" is [9], expected [8] by config.json", Error);
  bad.erase("model.norm.weight");
  CHECK_THROWS_WITH_AS(check_checkpoint_tensors(config, bad, "M"),
                       doctest::Contains("has no \"model.norm.weight\""), Error);
}

TEST_CASE("an older checkpoint is replaced, anything else is left alone") {
  const fs::path dir = scratch_dir();
  const ModelConfig config = tiny_config(/*tied=*/true);
  const NamedTensors weights = tiny_weights(config);
  write_file_atomically(dir / "photos" / "cat.jpg", "x");
  CHECK_THROWS_WITH_AS(write_checkpoint(dir / "photos", SideFiles{}, config, weights, at::kFloat),
                       doctest::Contains("is not replaced"), Error);
  CHECK(fs::exists(dir / "photos" / "cat.jpg"));
  write_file_atomically(dir / "M.tmp" / "stale", "of a run that was killed");
  write_checkpoint(dir / "M", SideFiles{}, config, weights, at::kFloat);
  write_checkpoint(dir / "M", read_side_files(dir / "M"), config, weights, at::kHalf);
  CHECK(load_model_config(dir / "M").dtype == "float16");
  CHECK(names_in(dir / "M") ==
        std::set<std::string>{"config.json", "generation_config.json", "model.safetensors"});
  CHECK(names_in(dir) == std::set<std::string>{"M", "photos"});
}

TEST_CASE("a trained checkpoint of the wild loads") {
  const fs::path dir = SELFREWARD_SOURCE_DIR "/../shared/data/models/stories260K";
  if (!fs::exists(dir)) {
    MESSAGE("skipped: ", dir.string(), " is absent");
    return;
  }
  const ModelConfig config = load_model_config(dir);
  CHECK(config.num_key_value_heads == 4);
  CHECK(config.head_dim == 8);
  CHECK(config.tie_word_embeddings);
  const TensorMap tensors = read_checkpoint_tensors(dir);
  check_checkpoint_tensors(config, tensors, dir.string());
  CHECK(tensors.at("model.embed_tokens.weight").sizes() == at::IntArrayRef({512, 64}));
}
