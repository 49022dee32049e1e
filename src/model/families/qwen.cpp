// Qwen2 and Qwen2.5 (arXiv 2407.10671): Llama with biases on q, k and v. Qwen3 (arXiv 2505.09388): no biases,
// but a norm of each head's q and k, and a head_dim of its own.
#include "model/families/family.h"

namespace selfreward {
namespace {

void read_qwen(const ConfigFile& file, ModelConfig& config) {
  file.require("hidden_act", "silu");
  const bool slides = file.boolean("use_sliding_window", false);
  const int64_t first = file.integer("max_window_layers", 28);
  read_windows(file, config, slides ? file.integer("sliding_window", 4096) : 0,
               [&](int64_t layer) { return slides && layer >= first; });
  read_single_rope(file, config);
}

void read_qwen3(const ConfigFile& file, ModelConfig& config) {
  config.head_dim = file.integer("head_dim", 128);
  config.attention_bias = file.boolean("attention_bias", false);
  read_qwen(file, config);
}

std::shared_ptr<DecoderLayer> make_qwen2(const ModelConfig& c, int64_t layer, torch::Dtype compute) {
  return std::make_shared<PreNormLayer>(c, layer, AttentionParts{.bias = AttentionParts::Bias::kQkv},
                                        FeedForwardParts{}, compute);
}

std::shared_ptr<DecoderLayer> make_qwen3(const ModelConfig& c, int64_t layer, torch::Dtype compute) {
  const AttentionParts attention{.bias = bias_everywhere(c.attention_bias),
                                 .head_norm = AttentionParts::HeadNorm::kEachHead};
  return std::make_shared<PreNormLayer>(c, layer, attention, FeedForwardParts{}, compute);
}

}  // namespace

const Family kQwen2{"qwen2", "Qwen2ForCausalLM", read_qwen, make_qwen2};
const Family kQwen3{"qwen3", "Qwen3ForCausalLM", read_qwen3, make_qwen3};

}  // namespace selfreward
