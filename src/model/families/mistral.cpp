// Mistral (Jiang et al. 2023, arXiv 2310.06825): Llama whose layers may see a sliding window only.
#include "model/families/family.h"

namespace selfreward {
namespace {

void read_mistral(const ConfigFile& file, ModelConfig& config) {
  file.require("hidden_act", "silu");
  file.require("attention_bias", false);
  file.require("layer_types", nullptr);
  // transformers takes an absent key for 4096 and null for none
  const bool absent = !file.json().contains("sliding_window");
  const int64_t window = absent ? 4096 : file.integer("sliding_window", 0);
  read_windows(file, config, window, [window](int64_t) { return window > 0; });
  read_single_rope(file, config);
}

std::shared_ptr<DecoderLayer> make_mistral(const ModelConfig& c, int64_t layer, torch::Dtype compute) {
  return std::make_shared<PreNormLayer>(c, layer, AttentionParts{}, FeedForwardParts{}, compute);
}

}  // namespace

const Family kMistral{"mistral", "MistralForCausalLM", read_mistral, make_mistral};

}  // namespace selfreward
