#include "model/import_gguf.h"

#include <charconv>
#include <set>

#include "model/import_gguf_metadata.h"

namespace selfreward {
namespace {

int64_t required(const GgufFile& file, const std::string& key) {
  const auto value = gguf_integer(file, key);
  if (!value) refuse_gguf_value(file, key, "a whole number");
  return *value;
}

/// GGUF stores float32: the shortest decimal of it is what the author wrote (1e-05,
/// not 9.99999974737875e-06).
double as_written(double value) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, static_cast<float>(value)).ptr;
  double shortest = 0;
  std::from_chars(digits, end, shortest);
  return shortest;
}

/// `key` must be absent or have one of the values that change nothing.
template <typename Value>
void require(const GgufFile& file, const std::string& key, const Value& wanted) {
  const Json value = gguf_value(file, key);
  if (!value.is_null() && value != wanted)
    refuse_gguf_value(file, key, Json(wanted).dump() + " (nothing else is supported)");
}

void require_plain_llama(const GgufFile& file) {
  if (gguf_value(file, "general.architecture") != "llama")
    refuse_gguf_value(file, "general.architecture", "\"llama\"");
  require(file, "llama.rope.scaling.type", "none");
  require(file, "llama.rope.scale_linear", 1.0);
  require(file, "llama.expert_count", 0);
  check(file.find("rope_freqs.weight") == nullptr, "[gguf] ", file.path,
        " has \"rope_freqs.weight\": rope scaling (Llama 3.1 and later) is not supported");
}

/// The stop tokens: end of sequence, and end of turn where the file tells them apart.
std::vector<int64_t> eos_ids(const GgufFile& file) {
  std::vector<int64_t> ids;
  for (const char* key : {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id"}) {
    const auto id = gguf_integer(file, key);
    if (id && (ids.empty() || ids.front() != *id)) ids.push_back(*id);
  }
  return ids;
}

int64_t read_head_dim(const GgufFile& file, const ModelConfig& config) {
  if (config.num_attention_heads <= 0)
    refuse_gguf_value(file, "llama.attention.head_count", "a positive number");
  const int64_t plain = config.hidden_size / config.num_attention_heads;
  const int64_t head_dim = gguf_integer(file, "llama.attention.key_length").value_or(plain);
  require(file, "llama.attention.value_length", head_dim);
  require(file, "llama.rope.dimension_count", head_dim);
  return head_dim;
}

/// What GGUF calls the weight "model.layers.3.mlp.up_proj.weight": "blk.3.ffn_up.weight".
std::string gguf_name(const std::string& name) {
  static const std::map<std::string, std::string> kNames = {
      {"model.embed_tokens.weight", "token_embd.weight"},
      {"model.norm.weight", "output_norm.weight"},
      {"lm_head.weight", "output.weight"},
      {"input_layernorm.weight", "attn_norm.weight"},
      {"self_attn.q_proj.weight", "attn_q.weight"},
      {"self_attn.k_proj.weight", "attn_k.weight"},
      {"self_attn.v_proj.weight", "attn_v.weight"},
      {"self_attn.o_proj.weight", "attn_output.weight"},
      {"post_attention_layernorm.weight", "ffn_norm.weight"},
      {"mlp.gate_proj.weight", "ffn_gate.weight"},
      {"mlp.up_proj.weight", "ffn_up.weight"},
      {"mlp.down_proj.weight", "ffn_down.weight"}};
  constexpr std::string_view kLayers = "model.layers.";
  if (!name.starts_with(kLayers)) return kNames.at(name);
  const size_t end = name.find('.', kLayers.size());
  return "blk." + name.substr(kLayers.size(), end + 1 - kLayers.size()) + kNames.at(name.substr(end + 1));
}

at::Tensor load_weight(const GgufFile& file, const GgufTensor& tensor, const std::string& name,
                       const ModelConfig& config) {
  const at::Tensor weight = load_gguf_tensor(file, tensor);
  if (name.ends_with("q_proj.weight")) return unpermute_rotary(weight, config.num_attention_heads);
  if (name.ends_with("k_proj.weight")) return unpermute_rotary(weight, config.num_key_value_heads);
  return weight;
}

NamedTensors load_weights(const GgufFile& file, const ModelConfig& config, at::ScalarType dtype) {
  std::map<std::string, const GgufTensor*> unused;
  for (const GgufTensor& tensor : file.tensors) unused.emplace(tensor.name, &tensor);
  NamedTensors weights;
  for (const auto& [name, shape] : tensor_shapes(config)) {
    const auto found = unused.find(gguf_name(name));
    check(found != unused.end(), "[gguf] ", file.path, " has no tensor \"", gguf_name(name), "\"");
    check(found->second->shape == shape, "[gguf] ", file.path, ": tensor \"", gguf_name(name), "\" is ",
          Json(found->second->shape).dump(), ", expected ", Json(shape).dump(), " by the metadata");
    weights.emplace_back(name, load_weight(file, *found->second, name, config).to(dtype));
    unused.erase(found);
  }
  check(unused.empty(), "[gguf] ", file.path, ": tensor \"", unused.empty() ? "" : unused.begin()->first,
        "\" has no place in a Llama model");
  return weights;
}

}  // namespace

ModelConfig gguf_model_config(const GgufFile& file) {
  require_plain_llama(file);
  ModelConfig config;
  const GgufTensor* embedding = file.find("token_embd.weight");
  check(embedding != nullptr && embedding->shape.size() == 2, "[gguf] ", file.path,
        " has no token_embd.weight; is it a whole language model?");
  config.vocab_size = embedding->shape[0];
  config.hidden_size = required(file, "llama.embedding_length");
  config.intermediate_size = required(file, "llama.feed_forward_length");
  config.num_hidden_layers = required(file, "llama.block_count");
  config.num_attention_heads = required(file, "llama.attention.head_count");
  config.num_key_value_heads =
      gguf_integer(file, "llama.attention.head_count_kv").value_or(config.num_attention_heads);
  config.head_dim = read_head_dim(file, config);
  config.max_position_embeddings = required(file, "llama.context_length");
  const auto eps = gguf_number(file, "llama.attention.layer_norm_rms_epsilon");
  if (!eps) refuse_gguf_value(file, "llama.attention.layer_norm_rms_epsilon", "a number");
  config.rms_norm_eps = as_written(*eps);
  config.rope_theta = as_written(gguf_number(file, "llama.rope.freq_base").value_or(10000.0));
  config.tie_word_embeddings = file.find("output.weight") == nullptr;
  config.bos_token_id = gguf_integer(file, "tokenizer.ggml.bos_token_id");
  config.pad_token_id = gguf_integer(file, "tokenizer.ggml.padding_token_id");
  config.eos_token_ids = eos_ids(file);
  check_model_config(config, file.path);
  return config;
}

at::Tensor unpermute_rotary(const at::Tensor& weight, int64_t num_heads) {
  const int64_t pairs = weight.size(0) / num_heads / 2;
  return weight.view({num_heads, pairs, 2, weight.size(1)}).transpose(1, 2).reshape(weight.sizes());
}

void import_gguf(const fs::path& gguf_path, const fs::path& out_dir, at::ScalarType dtype) {
  const GgufFile file = read_gguf(gguf_path);
  const ModelConfig config = gguf_model_config(file);
  const SideFiles tokenizer = gguf_tokenizer_files(file, config);
  write_checkpoint(out_dir, tokenizer, config, load_weights(file, config, dtype), dtype);
}

}  // namespace selfreward
