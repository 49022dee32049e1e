#include "model/model_config.h"

#include <algorithm>
#include <cmath>

namespace selfreward {
namespace {

constexpr int64_t kMaxSize = int64_t{1} << 24;  // far above any model; products of three stay in 128 bits
constexpr int64_t kMaxLayers = 4096;

/// One JSON file, read key by key; every complaint says file, key and value.
class Settings {
 public:
  explicit Settings(const fs::path& path) : path_(path.string()), json_(read_json(path)) {
    check(json_.is_object(), "[config] ", path_, " is not a JSON object; is it the config.json of a model?");
  }

  const std::string& path() const { return path_; }
  /// The value of `key`, or null where it is absent.
  Json get(const std::string& key) const { return json_.value(key, Json()); }

  [[noreturn]] void refuse(const std::string& key, const Json& value, const std::string& wanted) const {
    fail("[config] ", path_, ": ", key, " is ", value.dump(-1, ' ', false, Json::error_handler_t::replace),
         ", expected ", wanted);
  }

  int64_t integer(const std::string& key, std::optional<int64_t> otherwise = {}) const {
    const Json value = get(key);
    if (value.is_null() && otherwise) return *otherwise;
    check(!value.is_null(), "[config] ", path_, " has no \"", key,
          "\"; is it the config.json of a Llama model?");
    if (!value.is_number_integer() || !fits(value)) refuse(key, value, "a whole number");
    return value.get<int64_t>();
  }

  double number(const std::string& key, const Json& value) const {
    if (!value.is_number()) refuse(key, value, "a number");
    return value.get<double>();
  }

  bool boolean(const std::string& key, bool otherwise) const {
    const Json value = get(key);
    if (value.is_null()) return otherwise;
    if (!value.is_boolean()) refuse(key, value, "true or false");
    return value.get<bool>();
  }

  /// Refuses every value of `key` but `wanted` and absence.
  void require(const std::string& key, const Json& wanted) const {
    const Json value = get(key);
    if (!value.is_null() && value != wanted)
      refuse(key, value, wanted.dump() + " (nothing else is supported)");
  }

  /// A token id, or a list of them, or nothing. A negative id means "none" in old checkpoints.
  std::vector<int64_t> ids(const std::string& key) const {
    const Json value = get(key);
    if (value.is_null()) return {};
    std::vector<int64_t> ids;
    for (const Json& id : value.is_array() ? value : Json::array({value})) {
      if (!id.is_number_integer() || !fits(id)) refuse(key, value, "a token id or a list of token ids");
      if (id.get<int64_t>() >= 0) ids.push_back(id.get<int64_t>());
    }
    return ids;
  }

 private:
  static bool fits(const Json& value) {
    return !value.is_number_unsigned() || value.get<uint64_t>() <= uint64_t{INT64_MAX};
  }

  std::string path_;
  Json json_;
};

void require_llama(const Settings& settings) {
  if (settings.get("model_type") != "llama")
    settings.refuse("model_type", settings.get("model_type"), "\"llama\"");
  settings.require("architectures", Json::array({"LlamaForCausalLM"}));
  settings.require("attention_bias", false);
  settings.require("mlp_bias", false);
  settings.require("hidden_act", "silu");
  settings.require("pretraining_tp", 1);
  const Json quantization = settings.get("quantization_config");
  if (!quantization.is_null())
    settings.refuse("quantization_config", quantization, "weights that are not quantised");
}

/// transformers 4 says rope_theta and rope_scaling {rope_type or type}, transformers 5 puts both into
/// rope_parameters.
double read_rope_theta(const Settings& settings) {
  Json theta = settings.get("rope_theta");
  for (const char* key : {"rope_scaling", "rope_parameters"}) {
    const Json rope = settings.get(key);
    if (rope.is_null()) continue;
    if (!rope.is_object()) settings.refuse(key, rope, "an object");
    for (const char* type : {"rope_type", "type"})
      if (rope.value(type, Json("default")) != "default") settings.refuse(key, rope, "rope_type \"default\"");
    if (rope.value("partial_rotary_factor", Json(1)) != 1)
      settings.refuse(key, rope, "partial_rotary_factor 1");
    if (rope.contains("rope_theta")) theta = rope["rope_theta"];
  }
  settings.require("partial_rotary_factor", 1);
  return theta.is_null() ? 10000.0 : settings.number("rope_theta", theta);
}

std::string read_dtype(const Settings& settings) {
  const char* key = settings.get("dtype").is_null() ? "torch_dtype" : "dtype";
  const Json value = settings.get(key);
  if (value.is_null()) return "float32";
  if (value != "float32" && value != "bfloat16" && value != "float16")
    settings.refuse(key, value, "float32, bfloat16 or float16");
  return value.get<std::string>();
}

std::optional<int64_t> first(const std::vector<int64_t>& ids) {
  return ids.empty() ? std::nullopt : std::optional<int64_t>(ids.front());
}

/// The ids of generation_config.json (what transformers stops at), then those only config.json has.
std::vector<int64_t> read_eos_ids(const fs::path& dir, const Settings& settings) {
  std::vector<int64_t> ids;
  if (const fs::path path = dir / "generation_config.json"; fs::exists(path))
    ids = Settings(path).ids("eos_token_id");
  for (const int64_t id : settings.ids("eos_token_id"))
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
  return ids;
}

void check_id(int64_t id, const char* key, const ModelConfig& config, const std::string& where) {
  check(id >= 0 && id < config.vocab_size, "[config] ", where, ": ", key, " is ", id, ", but vocab_size is ",
        config.vocab_size);
}

Json id_or_null(const std::optional<int64_t>& id) {
  return id ? Json(*id) : Json();
}

Json eos_json(const ModelConfig& config) {
  if (config.eos_token_ids.size() == 1) return config.eos_token_ids.front();
  return config.eos_token_ids.empty() ? Json() : Json(config.eos_token_ids);
}

}  // namespace

ModelConfig load_model_config(const fs::path& dir) {
  const Settings settings(dir / "config.json");
  require_llama(settings);
  ModelConfig config;
  config.vocab_size = settings.integer("vocab_size");
  config.hidden_size = settings.integer("hidden_size");
  config.intermediate_size = settings.integer("intermediate_size");
  config.num_hidden_layers = settings.integer("num_hidden_layers");
  config.num_attention_heads = settings.integer("num_attention_heads");
  config.num_key_value_heads = settings.integer("num_key_value_heads", config.num_attention_heads);
  const int64_t heads = std::max<int64_t>(config.num_attention_heads, 1);  // 0 is refused below
  config.head_dim = settings.integer("head_dim", config.hidden_size / heads);
  config.max_position_embeddings = settings.integer("max_position_embeddings", 2048);
  if (const Json eps = settings.get("rms_norm_eps"); !eps.is_null())
    config.rms_norm_eps = settings.number("rms_norm_eps", eps);
  config.rope_theta = read_rope_theta(settings);
  config.tie_word_embeddings = settings.boolean("tie_word_embeddings", false);
  config.dtype = read_dtype(settings);
  config.bos_token_id = first(settings.ids("bos_token_id"));
  config.pad_token_id = first(settings.ids("pad_token_id"));
  config.eos_token_ids = read_eos_ids(dir, settings);
  check_model_config(config, settings.path());
  return config;
}

void check_model_config(const ModelConfig& config, const std::string& where) {
  const auto size = [&](const char* key, int64_t value, int64_t most) {
    check(value > 0 && value <= most, "[config] ", where, ": ", key, " is ", value, ", expected 1 to ", most);
  };
  size("vocab_size", config.vocab_size, kMaxSize);
  size("hidden_size", config.hidden_size, kMaxSize);
  size("intermediate_size", config.intermediate_size, kMaxSize);
  size("num_hidden_layers", config.num_hidden_layers, kMaxLayers);
  size("num_attention_heads", config.num_attention_heads, kMaxSize);
  size("num_key_value_heads", config.num_key_value_heads, kMaxSize);
  size("head_dim", config.head_dim, kMaxSize);
  size("max_position_embeddings", config.max_position_embeddings, kMaxSize);
  const auto divides = [&](const char* part, int64_t small, const char* whole, int64_t large) {
    check(large % small == 0, "[config] ", where, ": ", whole, " ", large, " is not a multiple of ", part,
          " ", small);
  };
  divides("num_attention_heads", config.num_attention_heads, "hidden_size", config.hidden_size);
  divides("num_key_value_heads", config.num_key_value_heads, "num_attention_heads",
          config.num_attention_heads);
  check(config.head_dim % 2 == 0, "[config] ", where, ": head_dim is ", config.head_dim,
        ", expected an even number (rotary positions turn pairs)");
  size("num_attention_heads * head_dim", config.num_attention_heads * config.head_dim, kMaxSize);
  check(config.rms_norm_eps > 0 && config.rms_norm_eps < 1, "[config] ", where, ": rms_norm_eps is ",
        config.rms_norm_eps, ", expected a number between 0 and 1");
  check(config.rope_theta > 0 && std::isfinite(config.rope_theta), "[config] ", where, ": rope_theta is ",
        config.rope_theta, ", expected a positive number");
  for (const int64_t id : config.eos_token_ids) check_id(id, "eos_token_id", config, where);
  if (config.bos_token_id) check_id(*config.bos_token_id, "bos_token_id", config, where);
}

Json to_config_json(const ModelConfig& config) {
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

TensorShapes tensor_shapes(const ModelConfig& config) {
  const int64_t hidden = config.hidden_size, inner = config.intermediate_size;
  const int64_t queries = config.num_attention_heads * config.head_dim;
  const int64_t keys = config.num_key_value_heads * config.head_dim;
  TensorShapes shapes = {{"model.embed_tokens.weight", {config.vocab_size, hidden}}};
  for (int64_t layer = 0; layer < config.num_hidden_layers; ++layer) {
    const std::string name = str("model.layers.", layer, ".");
    shapes.push_back({name + "input_layernorm.weight", {hidden}});
    shapes.push_back({name + "self_attn.q_proj.weight", {queries, hidden}});
    shapes.push_back({name + "self_attn.k_proj.weight", {keys, hidden}});
    shapes.push_back({name + "self_attn.v_proj.weight", {keys, hidden}});
    shapes.push_back({name + "self_attn.o_proj.weight", {hidden, queries}});
    shapes.push_back({name + "post_attention_layernorm.weight", {hidden}});
    shapes.push_back({name + "mlp.gate_proj.weight", {inner, hidden}});
    shapes.push_back({name + "mlp.up_proj.weight", {inner, hidden}});
    shapes.push_back({name + "mlp.down_proj.weight", {hidden, inner}});
  }
  shapes.push_back({"model.norm.weight", {hidden}});
  if (!config.tie_word_embeddings) shapes.push_back({"lm_head.weight", {config.vocab_size, hidden}});
  return shapes;
}

}  // namespace selfreward
