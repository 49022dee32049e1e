// GGUF's metadata out of config.json, and the settings that llama.cpp would not compute alike.
#include "model/gguf/export.h"
#include "model/gguf/quants.h"

namespace selfreward {
namespace {

/// config.json with errors that name it.
struct Settings {
  const Json& config;
  const std::string& where;

  Json get(const std::string& key, const Json& otherwise = nullptr) const {
    const Json value = config.value(key, Json());
    return value.is_null() ? otherwise : value;
  }
  [[noreturn]] void refuse(const std::string& key, const std::string& wanted) const {
    fail("[gguf] ", where, ": ", key, " is ", get(key).dump().substr(0, 200), ", expected ", wanted,
         " (llama.cpp computes nothing else for this family)");
  }
  void require(const std::string& key, const Json& wanted) const {
    if (const Json value = get(key); !value.is_null() && value != wanted) refuse(key, wanted.dump());
  }
  double number(const std::string& key, const Json& otherwise = nullptr) const {
    const Json value = get(key, otherwise);
    if (!value.is_number()) refuse(key, "a number");
    return value.get<double>();
  }
};

uint32_t file_type(uint32_t type) {
  if (type == kGgmlF32) return 0;
  if (type == kGgmlF16) return 1;
  return type == kGgmlQ8_0 ? 7 : 32;
}

void check_layer_types(const Settings& settings, int64_t layers, int64_t pattern) {
  settings.require("layer_types", gguf_layer_types(layers, pattern));
  settings.require("sliding_window_pattern", pattern);
}

void check_gemma(const Settings& settings, const GgufSizes& sizes, int64_t pattern, int64_t largest) {
  check_layer_types(settings, sizes.layers, pattern);
  const int64_t scalar = sizes.layers == largest ? sizes.hidden / sizes.heads : sizes.head_dim;
  if (settings.number("query_pre_attn_scalar", 256) != static_cast<double>(scalar))
    settings.refuse("query_pre_attn_scalar", std::to_string(scalar));
  check(sizes.tied || pattern == kGemma3Pattern, "[gguf] ", settings.where,
        ": tie_word_embeddings is false, but Gemma 2 has tied embeddings in llama.cpp");
}

void check_smollm3(const Settings& settings, int64_t layers) {
  settings.require("no_rope_layers", gguf_no_rope_layers(layers));
  if (settings.get("no_rope_layers").is_null()) settings.require("no_rope_layer_interval", kNoRopeInterval);
  settings.require("use_sliding_window", false);
}

void check_plain_attention(const Settings& settings, const std::string& model_type, int64_t layers) {
  settings.require("use_sliding_window", false);
  check_layer_types(settings, layers, 1);
  if (model_type != "mistral") return;
  const double window = settings.number("sliding_window", Json(INT32_MAX));
  if (window < settings.number("max_position_embeddings", 131072))
    settings.refuse("sliding_window", "null or at least max_position_embeddings");
}

void check_family(const Settings& settings, const GgufFamily& family, const GgufSizes& sizes) {
  const std::string type = family.model_type;
  const bool gemma = family.norms_plus_one;
  for (const char* key : {"attention_bias", "mlp_bias"}) settings.require(key, false);
  if (type == "gemma2") check_gemma(settings, sizes, kGemma2Pattern, kGemma2Largest);
  if (type == "gemma3_text") check_gemma(settings, sizes, kGemma3Pattern, kGemma3Largest);
  if (type == "smollm3") check_smollm3(settings, sizes.layers);
  if (!gemma && type != "phi3") check_plain_attention(settings, type, sizes.layers);
  check(!family.square_attention || sizes.heads * sizes.head_dim == sizes.hidden, "[gguf] ", settings.where,
        ": ", sizes.heads, " heads of ", sizes.head_dim, " are not hidden_size ", sizes.hidden);
  check(type != "olmo2" || !sizes.tied, "[gguf] ", settings.where,
        ": tie_word_embeddings is true, but OLMo 2 has no tied embeddings in llama.cpp");
}

/// The keys of Gemma and Phi-3 alone.
void put_family(const Settings& settings, const GgufFamily& family, GgufMetadata& metadata) {
  const std::string prefix = std::string(family.architecture) + ".", model_type = family.model_type;
  const auto put = [&](const char* name, const GgufValue& value) {
    metadata.emplace_back(prefix + name, value);
  };
  const Json window = family.norms_plus_one ? 4096 : 0;  // where config.json does not say; 0 is none
  if (family.norms_plus_one || model_type == "phi3")
    put("attention.sliding_window", static_cast<uint32_t>(settings.number("sliding_window", window)));
  if (model_type == "gemma2")
    put("attn_logit_softcapping", static_cast<float>(settings.number("attn_logit_softcapping", 50)));
  if (model_type == "gemma2" || !settings.get("final_logit_softcapping").is_null())
    put("final_logit_softcapping", static_cast<float>(settings.number("final_logit_softcapping", 30)));
}

}  // namespace

GgufMetadata gguf_config_metadata(const Json& config, const GgufFamily& family, const GgufSizes& sizes,
                                  uint32_t type, const std::string& where) {
  const Settings settings{config, where};
  check_family(settings, family, sizes);
  const std::string prefix = std::string(family.architecture) + ".";
  const auto eps = static_cast<float>(settings.number("rms_norm_eps", 1e-6));
  const auto context = static_cast<uint32_t>(settings.number("max_position_embeddings"));
  GgufMetadata metadata = {{"general.architecture", family.architecture},
                           {"general.type", "model"},
                           {"general.file_type", file_type(type)},
                           {"general.quantization_version", uint32_t{2}},
                           {prefix + "vocab_size", static_cast<uint32_t>(sizes.vocab)},
                           {prefix + "context_length", context},
                           {prefix + "embedding_length", static_cast<uint32_t>(sizes.hidden)},
                           {prefix + "block_count", static_cast<uint32_t>(sizes.layers)},
                           {prefix + "feed_forward_length", static_cast<uint32_t>(sizes.intermediate)},
                           {prefix + "attention.head_count", static_cast<uint32_t>(sizes.heads)},
                           {prefix + "attention.head_count_kv", static_cast<uint32_t>(sizes.kv_heads)},
                           {prefix + "attention.key_length", static_cast<uint32_t>(sizes.head_dim)},
                           {prefix + "attention.value_length", static_cast<uint32_t>(sizes.head_dim)},
                           {prefix + "attention.layer_norm_rms_epsilon", eps}};
  put_family(settings, family, metadata);
  return metadata;
}

}  // namespace selfreward
