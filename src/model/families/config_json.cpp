#include "model/families/config_json.h"

#include <algorithm>

#include "model/families/family.h"

namespace selfreward {
namespace {

std::string read_dtype(const ConfigFile& file) {
  const char* key = file.get("dtype").is_null() ? "torch_dtype" : "dtype";
  const Json value = file.get(key);
  if (value.is_null()) return "float32";
  if (value != "float32" && value != "bfloat16" && value != "float16")
    file.refuse(key, value, "float32, bfloat16 or float16");
  return value.get<std::string>();
}

std::optional<int64_t> first(const std::vector<int64_t>& ids) {
  return ids.empty() ? std::nullopt : std::optional<int64_t>(ids.front());
}

/// The ids of generation_config.json (what transformers stops at), then those only config.json has.
std::vector<int64_t> read_eos_ids(const fs::path& dir, const ConfigFile& file) {
  std::vector<int64_t> ids;
  if (const fs::path path = dir / "generation_config.json"; fs::exists(path))
    ids = ConfigFile(path).ids("eos_token_id");
  for (const int64_t id : file.ids("eos_token_id"))
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
  return ids;
}

Json id_or_null(const std::optional<int64_t>& id) {
  return id ? Json(*id) : Json();
}

Json eos_json(const ModelConfig& config) {
  if (config.eos_token_ids.size() == 1) return config.eos_token_ids.front();
  return config.eos_token_ids.empty() ? Json() : Json(config.eos_token_ids);
}

/// The keys that all families share.
ModelConfig read_shape(const ConfigFile& file, const Family& family) {
  ModelConfig config;
  config.model_type = family.model_type;
  config.vocab_size = file.integer("vocab_size");
  config.hidden_size = file.integer("hidden_size");
  config.intermediate_size = file.integer("intermediate_size");
  config.num_hidden_layers = file.integer("num_hidden_layers");
  config.num_attention_heads = file.integer("num_attention_heads");
  config.num_key_value_heads = file.integer("num_key_value_heads", config.num_attention_heads);
  const int64_t heads = std::max<int64_t>(config.num_attention_heads, 1);  // 0 is refused below
  config.head_dim = file.integer("head_dim", config.hidden_size / heads);
  config.max_position_embeddings = file.integer("max_position_embeddings", 2048);
  config.rms_norm_eps = file.number("rms_norm_eps", 1e-6);
  config.tie_word_embeddings = file.boolean("tie_word_embeddings", family.tie_word_embeddings);
  config.dtype = read_dtype(file);
  config.bos_token_id = first(file.ids("bos_token_id"));
  config.pad_token_id = first(file.ids("pad_token_id"));
  return config;
}

/// Heads that share hidden_size; where config.json or the family gives head_dim they need not.
void check_derived_head_dim(const ConfigFile& file, const ModelConfig& config) {
  const int64_t hidden = config.hidden_size, heads = config.num_attention_heads;
  const bool derived = file.get("head_dim").is_null() && config.head_dim == hidden / heads;
  check(!derived || hidden % heads == 0, "[config] ", file.path(), ": hidden_size ", hidden,
        " is not a multiple of num_attention_heads ", heads, ", and there is no head_dim");
}

void refuse_quantized(const ConfigFile& file) {
  const Json quantization = file.get("quantization_config");
  if (!quantization.is_null())
    file.refuse("quantization_config", quantization, "weights that are not quantised");
}

/// What was read, with what training may have changed.
Json updated_source(const ModelConfig& config) {
  Json json = config.source;
  json[json.contains("dtype") ? "dtype" : "torch_dtype"] = config.dtype;
  json["bos_token_id"] = id_or_null(config.bos_token_id);
  json["eos_token_id"] = eos_json(config);
  json["pad_token_id"] = id_or_null(config.pad_token_id);
  json["tie_word_embeddings"] = config.tie_word_embeddings;
  return json;
}

}  // namespace

ModelConfig load_model_config(const fs::path& dir) {
  const ConfigFile file(dir / "config.json");
  const Json type = file.get("model_type");
  if (!type.is_string()) file.refuse("model_type", type, "a name like \"llama\"");
  const Family& family = family_of(type, file.path());
  file.require("architectures", Json::array({family.architecture}));
  refuse_quantized(file);
  ModelConfig config = read_shape(file, family);
  check_model_config(config, file.path());
  family.read(file, config);
  check_derived_head_dim(file, config);
  config.eos_token_ids = read_eos_ids(dir, file);
  check_model_config(config, file.path());
  config.source = file.json();
  return config;
}

Json to_config_json(const ModelConfig& config) {
  if (!config.source.empty()) return updated_source(config);
  return {{"architectures", Json::array({"LlamaForCausalLM"})},
          {"attention_bias", false},
          {"attention_dropout", 0.0},
          {"bos_token_id", id_or_null(config.bos_token_id)},
          {"eos_token_id", eos_json(config)},
          {"head_dim", config.head_dim},
          {"hidden_act", "silu"},
          {"hidden_size", config.hidden_size},
          {"initializer_range", 0.02},
          {"intermediate_size", config.intermediate_size},
          {"max_position_embeddings", config.max_position_embeddings},
          {"mlp_bias", false},
          {"model_type", "llama"},
          {"num_attention_heads", config.num_attention_heads},
          {"num_hidden_layers", config.num_hidden_layers},
          {"num_key_value_heads", config.num_key_value_heads},
          {"pad_token_id", id_or_null(config.pad_token_id)},
          {"pretraining_tp", 1},
          {"rms_norm_eps", config.rms_norm_eps},
          {"rope_scaling", nullptr},
          {"rope_theta", config.rope_theta},
          {"tie_word_embeddings", config.tie_word_embeddings},
          {"torch_dtype", config.dtype},
          {"use_cache", true},
          {"vocab_size", config.vocab_size}};
}

Json to_generation_json(const ModelConfig& config, Json base) {
  if (!base.is_object()) base = Json::object();
  if (config.bos_token_id) base["bos_token_id"] = *config.bos_token_id;
  if (!config.eos_token_ids.empty()) base["eos_token_id"] = eos_json(config);
  if (config.pad_token_id) base["pad_token_id"] = *config.pad_token_id;
  return base;
}

}  // namespace selfreward
