// Phi-3, Phi-3.5 and Phi-4 (arXiv 2404.14219, 2412.08905): Llama with q, k and v in one matrix, gate and up
// in another, and rotary positions that may turn a part of a head (Phi-4-mini).
#include "model/families/family.h"

namespace selfreward {
namespace {

/// Older files name longrope otherwise. The length it was trained on stands outside of its settings, where
/// transformers takes it from, with a value where it is absent.
Json longrope_settings(const ConfigFile& file) {
  constexpr const char* kLength = "original_max_position_embeddings";
  Json settings = rope_settings(file, 10000.0);
  settings[kLength] = file.integer(kLength, 4096);
  if (settings["rope_type"] == "su" || settings["rope_type"] == "yarn") settings["rope_type"] = "longrope";
  return settings;
}

void read_phi3(const ConfigFile& file, ModelConfig& config) {
  file.require("hidden_act", "silu");
  file.require("attention_bias", false);
  const int64_t window = file.integer("sliding_window", 0);
  read_windows(file, config, window, [window](int64_t) { return window > 0; });
  set_single_rope(file, longrope_settings(file), config);
}

std::shared_ptr<DecoderLayer> make_phi3(const ModelConfig& c, int64_t layer, torch::Dtype compute) {
  return std::make_shared<PreNormLayer>(c, layer, AttentionParts{.fused_qkv = true},
                                        FeedForwardParts{.fused_gate_up = true}, compute);
}

}  // namespace

const Family kPhi3{"phi3", "Phi3ForCausalLM", read_phi3, make_phi3};

}  // namespace selfreward
