#include "model/gguf/families.h"

#include <algorithm>

namespace selfreward {
namespace {

using Tensors = std::vector<GgufLayerTensor>;

Tensors join(std::initializer_list<Tensors> parts) {
  Tensors all;
  for (const Tensors& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

const Tensors kNorms = {{"input_layernorm.weight", "attn_norm.weight", "H"},
                        {"post_attention_layernorm.weight", "ffn_norm.weight", "H"}};
const Tensors kOuterNorms = {{"post_attention_layernorm.weight", "post_attention_norm.weight", "H"},
                             {"post_feedforward_layernorm.weight", "post_ffw_norm.weight", "H"}};
const Tensors kInnerNorms = {{"input_layernorm.weight", "attn_norm.weight", "H"},
                             {"pre_feedforward_layernorm.weight", "ffn_norm.weight", "H"}};
const Tensors kAttention = {{"self_attn.q_proj.weight", "attn_q.weight", "QH"},
                            {"self_attn.k_proj.weight", "attn_k.weight", "KH"},
                            {"self_attn.v_proj.weight", "attn_v.weight", "KH"},
                            {"self_attn.o_proj.weight", "attn_output.weight", "HQ"}};
const Tensors kBiases = {{"self_attn.q_proj.bias", "attn_q.bias", "Q"},
                         {"self_attn.k_proj.bias", "attn_k.bias", "K"},
                         {"self_attn.v_proj.bias", "attn_v.bias", "K"}};
const Tensors kHeadNorms = {{"self_attn.q_norm.weight", "attn_q_norm.weight", "D"},
                            {"self_attn.k_norm.weight", "attn_k_norm.weight", "D"}};
const Tensors kWideNorms = {{"self_attn.q_norm.weight", "attn_q_norm.weight", "Q"},
                            {"self_attn.k_norm.weight", "attn_k_norm.weight", "K"}};
const Tensors kMlp = {{"mlp.gate_proj.weight", "ffn_gate.weight", "IH"},
                      {"mlp.up_proj.weight", "ffn_up.weight", "IH"},
                      {"mlp.down_proj.weight", "ffn_down.weight", "HI"}};
const Tensors kFused = {{"self_attn.qkv_proj.weight", "attn_qkv.weight", "FH"},
                        {"self_attn.o_proj.weight", "attn_output.weight", "HQ"},
                        {"mlp.gate_up_proj.weight", "ffn_up.weight", "UH"},
                        {"mlp.down_proj.weight", "ffn_down.weight", "HI"}};

std::vector<GgufFamily> make_families() {
  const Tensors plain = join({kNorms, kAttention, kMlp});
  const Tensors gemma2 = join({kInnerNorms, kOuterNorms, kAttention, kMlp});
  const bool yes = true, no = false;
  return {
      // architecture, model_type, class, layer, swaps_rotary, norms_plus_one, square_attention
      {"llama", "llama", "LlamaForCausalLM", plain, yes, no, no},
      {"llama", "mistral", "MistralForCausalLM", plain, yes, no, no},
      {"smollm3", "smollm3", "SmolLM3ForCausalLM", plain, yes, no, no},
      {"qwen2", "qwen2", "Qwen2ForCausalLM", join({plain, kBiases}), no, no, yes},
      {"qwen3", "qwen3", "Qwen3ForCausalLM", join({plain, kHeadNorms}), no, no, no},
      {"gemma2", "gemma2", "Gemma2ForCausalLM", gemma2, no, yes, no},
      {"gemma3", "gemma3_text", "Gemma3ForCausalLM", join({gemma2, kHeadNorms}), no, yes, no},
      {"phi3", "phi3", "Phi3ForCausalLM", join({kNorms, kFused}), no, no, yes},
      {"olmo2", "olmo2", "Olmo2ForCausalLM", join({kOuterNorms, kAttention, kWideNorms, kMlp}), no, no, yes}};
}

const std::vector<GgufFamily>& families() {
  static const std::vector<GgufFamily> all = make_families();
  return all;
}

/// The first family whose `name` is `wanted`.
const GgufFamily& find_family(const char* GgufFamily::*name, const std::string& wanted, const char* key,
                              const std::string& where) {
  std::string known;
  for (const GgufFamily& family : families()) {
    if (wanted == family.*name) return family;
    if (known.find(family.*name) == std::string::npos)
      known += (known.empty() ? "" : ", ") + std::string(family.*name);
  }
  fail("[gguf] ", where, ": ", key, " is \"", wanted, "\", expected one of ", known);
}

int64_t size_of(char letter, const GgufSizes& sizes) {
  const int64_t queries = sizes.heads * sizes.head_dim, keys = sizes.kv_heads * sizes.head_dim;
  switch (letter) {
    case 'H':
      return sizes.hidden;
    case 'I':
      return sizes.intermediate;
    case 'U':
      return 2 * sizes.intermediate;
    case 'Q':
      return queries;
    case 'K':
      return keys;
    case 'F':
      return queries + 2 * keys;
    default:
      return sizes.head_dim;
  }
}

int64_t positive(const Json& config, const char* key, int64_t otherwise, const std::string& where) {
  const Json value = config.value(key, Json());
  if (value.is_null() && otherwise > 0) return otherwise;
  const bool good = value.is_number_integer() && value > 0 && value <= 1 << 24;
  check(good, "[gguf] ", where, ": ", key, " is ", value.dump(), ", expected a positive number");
  return value.get<int64_t>();
}

}  // namespace

Json gguf_layer_types(int64_t layers, int64_t pattern) {
  Json types = Json::array();
  for (int64_t i = 1; i <= layers; ++i)
    types.push_back(i % pattern == 0 ? "full_attention" : "sliding_attention");
  return types;
}

Json gguf_no_rope_layers(int64_t layers) {
  Json rotates = Json::array();
  for (int64_t i = 1; i <= layers; ++i) rotates.push_back(i % kNoRopeInterval == 0 ? 0 : 1);
  return rotates;
}

const GgufFamily& gguf_family_of_architecture(const std::string& architecture, const std::string& where) {
  return find_family(&GgufFamily::architecture, architecture, "general.architecture", where);
}

const GgufFamily& gguf_family_of_model_type(const std::string& model_type, const std::string& where) {
  return find_family(&GgufFamily::model_type, model_type, "model_type", where);
}

GgufSizes gguf_sizes(const Json& config, const std::string& where) {
  GgufSizes sizes;
  sizes.vocab = positive(config, "vocab_size", 0, where);
  sizes.hidden = positive(config, "hidden_size", 0, where);
  sizes.intermediate = positive(config, "intermediate_size", 0, where);
  sizes.layers = positive(config, "num_hidden_layers", 0, where);
  sizes.heads = positive(config, "num_attention_heads", 0, where);
  sizes.kv_heads = positive(config, "num_key_value_heads", sizes.heads, where);
  sizes.head_dim = positive(config, "head_dim", sizes.hidden / sizes.heads, where);
  sizes.tied = config.value("tie_word_embeddings", false);
  check(sizes.heads % sizes.kv_heads == 0 && sizes.head_dim % 2 == 0, "[gguf] ", where, ": ", sizes.heads,
        " heads on ", sizes.kv_heads, " key-value heads of ", sizes.head_dim,
        " are not a whole number each, of an even size");
  return sizes;
}

std::vector<GgufTensorPair> gguf_tensor_pairs(const GgufFamily& family, const GgufSizes& sizes) {
  std::vector<GgufTensorPair> pairs;
  pairs.push_back({"model.embed_tokens.weight", "token_embd.weight", {sizes.vocab, sizes.hidden}});
  for (int64_t layer = 0; layer < sizes.layers; ++layer) {
    for (const GgufLayerTensor& tensor : family.layer) {
      GgufTensorPair pair{
          str("model.layers.", layer, ".", tensor.hf), str("blk.", layer, ".", tensor.gguf), {}};
      for (const char* letter = tensor.sizes; *letter != '\0'; ++letter)
        pair.shape.push_back(size_of(*letter, sizes));
      const std::string_view name = tensor.gguf;
      if (family.swaps_rotary && name.starts_with("attn_q.")) pair.rotary_heads = sizes.heads;
      if (family.swaps_rotary && name.starts_with("attn_k.")) pair.rotary_heads = sizes.kv_heads;
      pair.plus_one = family.norms_plus_one && name.ends_with("norm.weight");
      pairs.push_back(std::move(pair));
    }
  }
  pairs.push_back({"model.norm.weight", "output_norm.weight", {sizes.hidden}, 0, family.norms_plus_one});
  if (!sizes.tied) pairs.push_back({"lm_head.weight", "output.weight", {sizes.vocab, sizes.hidden}});
  return pairs;
}

// To GGUF the two numbers that rotary positions turn together are neighbours, to Hugging Face they are the
// same place of a head's two halves.
at::Tensor from_gguf_values(const at::Tensor& weight, const GgufTensorPair& pair) {
  if (pair.plus_one) return weight - 1;
  if (pair.rotary_heads == 0) return weight;
  const int64_t turned = weight.size(0) / pair.rotary_heads / 2;
  return weight.view({pair.rotary_heads, turned, 2, -1}).transpose(1, 2).reshape(weight.sizes());
}

at::Tensor to_gguf_values(const at::Tensor& weight, const GgufTensorPair& pair) {
  if (pair.plus_one) return weight.to(at::kFloat) + 1;
  if (pair.rotary_heads == 0) return weight;
  const int64_t turned = weight.size(0) / pair.rotary_heads / 2;
  return weight.reshape({pair.rotary_heads, 2, turned, -1}).transpose(1, 2).reshape(weight.sizes());
}

}  // namespace selfreward
