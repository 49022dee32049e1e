// SmolLM3: Llama of which every fourth layer does not turn q and k (NoPE, arXiv 2305.19466).
#include "model/families/family.h"

namespace selfreward {
namespace {

/// Whether each layer turns q and k: no_rope_layers has 1 where it does.
std::vector<bool> turning_layers(const ConfigFile& file, const ModelConfig& config) {
  std::vector<bool> turns;
  const int64_t interval = file.integer("no_rope_layer_interval", 4);
  if (interval <= 0) file.refuse("no_rope_layer_interval", interval, "a positive number");
  for (int64_t i = 0; i < config.num_hidden_layers; ++i) turns.push_back((i + 1) % interval != 0);
  const Json list = file.get("no_rope_layers");
  if (list.is_null()) return turns;
  if (!list.is_array() || std::ssize(list) < config.num_hidden_layers)
    file.refuse("no_rope_layers", list, str("a list of ", config.num_hidden_layers, " numbers 0 or 1"));
  for (size_t i = 0; i < turns.size(); ++i) {
    if (list[i] != 0 && list[i] != 1) file.refuse("no_rope_layers", list[i], "0 or 1");
    turns[i] = list[i] == 1;
  }
  return turns;
}

void read_smollm3(const ConfigFile& file, ModelConfig& config) {
  file.require("hidden_act", "silu");
  config.attention_bias = file.boolean("attention_bias", false);
  config.mlp_bias = file.boolean("mlp_bias", false);
  const std::vector<bool> turns = turning_layers(file, config);
  const bool slides = file.boolean("use_sliding_window", false);
  const int64_t window = slides ? file.integer("sliding_window", 0) : 0;
  if (slides && window > 0)  // without it transformers ignores "sliding_attention"
    read_windows(file, config, window, [&](int64_t layer) { return !turns[static_cast<size_t>(layer)]; });
  config.layers.resize(turns.size());
  for (size_t i = 0; i < turns.size(); ++i)
    if (!turns[i]) config.layers[i].rope = kNoRope;
  read_single_rope(file, config, 2000000.0);
}

std::shared_ptr<DecoderLayer> make_smollm3(const ModelConfig& c, int64_t layer, torch::Dtype compute) {
  const AttentionParts attention{.bias = bias_everywhere(c.attention_bias)};
  return std::make_shared<PreNormLayer>(c, layer, attention, FeedForwardParts{.bias = c.mlp_bias}, compute);
}

}  // namespace

const Family kSmolLM3{"smollm3", "SmolLM3ForCausalLM", read_smollm3, make_smollm3,
                      /*tie_word_embeddings=*/true};

}  // namespace selfreward
