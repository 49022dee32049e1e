// config.json out of GGUF's metadata: the settings that all families share, then those of each.
#include <algorithm>

#include "model/gguf/families.h"
#include "model/gguf/import.h"
#include "model/gguf/import_metadata.h"
#include "model/gguf/rope.h"

namespace selfreward {
namespace {

int64_t required(const GgufFile& file, const std::string& key) {
  const auto value = gguf_integer(file, key);
  if (!value) refuse_gguf_value(file, key, "a whole number");
  return *value;
}

/// `key` must be absent or have the value that changes nothing.
template <typename Value>
void require(const GgufFile& file, const std::string& key, const Value& wanted) {
  const Json value = gguf_value(file, key);
  if (!value.is_null() && value != wanted)
    refuse_gguf_value(file, key, Json(wanted).dump() + " (nothing else is supported)");
}

/// The stop tokens: end of sequence, of turn and of message, where the file tells them apart.
std::vector<int64_t> eos_ids(const GgufFile& file) {
  std::vector<int64_t> ids;
  for (const char* name : {"eos", "eot", "eom"}) {
    const auto id = gguf_integer(file, str("tokenizer.ggml.", name, "_token_id"));
    if (id && std::find(ids.begin(), ids.end(), *id) == ids.end()) ids.push_back(*id);
  }
  return ids;
}

Json or_null(const std::optional<int64_t>& id) {
  return id ? Json(*id) : Json();
}

void add_token_ids(const GgufFile& file, Json& config) {
  const auto ids = eos_ids(file);
  config["bos_token_id"] = or_null(gguf_integer(file, "tokenizer.ggml.bos_token_id"));
  config["eos_token_id"] = ids.empty() ? Json() : ids.size() == 1 ? Json(ids.front()) : Json(ids);
  config["pad_token_id"] = or_null(gguf_integer(file, "tokenizer.ggml.padding_token_id"));
  for (const char* key : {"bos_token_id", "eos_token_id", "pad_token_id"})
    for (const Json& id : config[key].is_array() ? config[key] : Json::array({config[key]}))
      check(id.is_null() || (id >= 0 && id < config["vocab_size"]), "[gguf] ", file.path, ": ", key, " is ",
            id.dump(), ", but there are ", config["vocab_size"].dump(), " tokens");
}

void add_heads(const GgufFile& file, const std::string& prefix, Json& config) {
  const int64_t heads = required(file, prefix + "attention.head_count");
  if (heads <= 0) refuse_gguf_value(file, prefix + "attention.head_count", "a positive number");
  const int64_t plain = config["hidden_size"].get<int64_t>() / heads;
  config["num_attention_heads"] = heads;
  config["num_key_value_heads"] = gguf_integer(file, prefix + "attention.head_count_kv").value_or(heads);
  config["head_dim"] = gguf_integer(file, prefix + "attention.key_length").value_or(plain);
  require(file, prefix + "attention.value_length", config["head_dim"]);
}

Json shared_settings(const GgufFile& file, const GgufFamily& family, const std::string& prefix) {
  const GgufTensor* embedding = file.find("token_embd.weight");
  check(embedding != nullptr && embedding->shape.size() == 2, "[gguf] ", file.path,
        " has no token_embd.weight; is it a whole language model?");
  require(file, prefix + "expert_count", 0);
  const auto eps = gguf_number(file, prefix + "attention.layer_norm_rms_epsilon");
  if (!eps) refuse_gguf_value(file, prefix + "attention.layer_norm_rms_epsilon", "a number");
  Json config = {{"architectures", Json::array({family.hf_class})},
                 {"attention_bias", false},
                 {"attention_dropout", 0.0},
                 {"hidden_size", required(file, prefix + "embedding_length")},
                 {"initializer_range", 0.02},
                 {"intermediate_size", required(file, prefix + "feed_forward_length")},
                 {"max_position_embeddings", required(file, prefix + "context_length")},
                 {"model_type", family.model_type},
                 {"num_hidden_layers", required(file, prefix + "block_count")},
                 {"rms_norm_eps", as_written(*eps)},
                 {"tie_word_embeddings", file.find("output.weight") == nullptr},
                 {"torch_dtype", "float32"},
                 {"use_cache", true},
                 {"vocab_size", embedding->shape[0]}};
  add_heads(file, prefix, config);
  add_token_ids(file, config);
  return config;
}

void add_rope(const GgufFile& file, const GgufFamily& family, Json& config) {
  const auto head_dim = config["head_dim"].get<int64_t>();
  const RopeSettings rope = read_gguf_rope(file, head_dim, config["max_position_embeddings"].get<int64_t>());
  const std::string architecture = family.architecture;
  if (architecture != "phi3")
    require(file, architecture + ".rope.dimension_count", head_dim);
  else
    config["partial_rotary_factor"] = rope.partial;
  config["rope_theta"] = rope.theta;
  config["rope_scaling"] = rope.scaling;
  if (architecture == "gemma3") config["rope_local_base_freq"] = rope.local_theta.value_or(10000.0);
}

/// What both Gemmas have; llama.cpp knows the scale of the queries by the number of layers.
void add_gemma(const GgufFile& file, const std::string& prefix, int64_t pattern, int64_t largest,
               Json& config) {
  const auto layers = config["num_hidden_layers"].get<int64_t>();
  const int64_t plain = config["hidden_size"].get<int64_t>() / config["num_attention_heads"].get<int64_t>();
  require(file, prefix + "attention.sliding_window_pattern", pattern);
  config["hidden_activation"] = "gelu_pytorch_tanh";
  config["query_pre_attn_scalar"] = layers == largest ? Json(plain) : config["head_dim"];
  config["sliding_window"] = required(file, prefix + "attention.sliding_window");
  config["layer_types"] = gguf_layer_types(layers, pattern);
  config["attn_logit_softcapping"] = nullptr;
  config["final_logit_softcapping"] = nullptr;
  for (const char* cap : {"attn_logit_softcapping", "final_logit_softcapping"})
    if (const auto value = gguf_number(file, prefix + cap)) config[cap] = as_written(*value);
  const bool caps =
      !config["attn_logit_softcapping"].is_null() && !config["final_logit_softcapping"].is_null();
  check(pattern != kGemma2Pattern || caps, "[gguf] ", file.path,
        " does not say both softcappings of Gemma 2");
}

void add_phi3(const GgufFile& file, Json& config) {
  const int64_t window = gguf_integer(file, "phi3.attention.sliding_window").value_or(0);
  config["sliding_window"] = window > 0 ? Json(window) : Json();
  config["original_max_position_embeddings"] =
      gguf_integer(file, "phi3.rope.scaling.original_context_length")
          .value_or(config["max_position_embeddings"].get<int64_t>());
}

void add_smollm3(Json& config) {
  config["no_rope_layers"] = gguf_no_rope_layers(config["num_hidden_layers"].get<int64_t>());
  config["no_rope_layer_interval"] = kNoRopeInterval;
  config["use_sliding_window"] = false;
}

void add_family_settings(const GgufFile& file, const std::string& architecture, Json& config) {
  const std::string prefix = architecture + ".";
  const bool gemma = architecture.starts_with("gemma");
  if (!gemma) config["hidden_act"] = "silu";
  if (!gemma && architecture != "phi3") require(file, prefix + "attention.sliding_window", 0);
  if (architecture == "llama") config.update({{"mlp_bias", false}, {"pretraining_tp", 1}});
  if (architecture.starts_with("qwen")) config["use_sliding_window"] = false;
  if (architecture == "gemma2") add_gemma(file, prefix, kGemma2Pattern, kGemma2Largest, config);
  if (architecture == "gemma3") add_gemma(file, prefix, kGemma3Pattern, kGemma3Largest, config);
  if (architecture == "phi3") add_phi3(file, config);
  if (architecture == "smollm3") add_smollm3(config);
}

}  // namespace

Json gguf_config(const GgufFile& file) {
  const std::string architecture = gguf_string(file, "general.architecture").value_or("");
  const GgufFamily& family = gguf_family_of_architecture(architecture, file.path);
  Json config = shared_settings(file, family, architecture + ".");
  add_rope(file, family, config);
  add_family_settings(file, architecture, config);
  gguf_sizes(config, file.path);
  return Json(LookupJson(config));  // in the order of the alphabet, as transformers writes it
}

}  // namespace selfreward
