// Llama 2, 3, 3.1, 3.2 and SmolLM2 (Touvron et al. 2023, arXiv 2307.09288): norm, grouped-query attention,
// norm, SwiGLU.
#include "model/families/family.h"

namespace selfreward {
namespace {

void read_llama(const ConfigFile& file, ModelConfig& config) {
  file.require("hidden_act", "silu");
  config.attention_bias = file.boolean("attention_bias", false);
  config.mlp_bias = file.boolean("mlp_bias", false);
  read_single_rope(file, config);
}

std::shared_ptr<DecoderLayer> make_llama(const ModelConfig& c, int64_t layer, torch::Dtype compute) {
  const AttentionParts attention{.bias = bias_everywhere(c.attention_bias)};
  return std::make_shared<PreNormLayer>(c, layer, attention, FeedForwardParts{.bias = c.mlp_bias}, compute);
}

}  // namespace

const Family kLlama{"llama", "LlamaForCausalLM", read_llama, make_llama};

}  // namespace selfreward
