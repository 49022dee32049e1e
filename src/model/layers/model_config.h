#pragma once
// The shape of a network. model/families/config_json.h reads it from a checkpoint.
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/layers/rope.h"

namespace selfreward {

constexpr int kNoRope = -1;

/// What one layer's attention does.
struct LayerConfig {
  int64_t window = 0;  // a query sees keys less than this many positions before it; 0: all
  int rope = 0;        // index into ModelConfig::ropes, or kNoRope: q and k are not turned
};

/// The shape of a causal language model. Sizes are checked: positive, bounded, and divisible where heads
/// share them.
struct ModelConfig {
  std::string model_type = "llama";
  int64_t vocab_size = 0;
  int64_t hidden_size = 0;
  int64_t intermediate_size = 0;
  int64_t num_hidden_layers = 0;
  int64_t num_attention_heads = 0;
  int64_t num_key_value_heads = 0;
  int64_t head_dim = 0;
  int64_t max_position_embeddings =
      0;  // of one sequence; less than config.json says where a RopeConfig is bounded
  double rms_norm_eps = 1e-6;
  double rope_theta = 10000.0;
  bool tie_word_embeddings = false;
  bool attention_bias = false, mlp_bias = false;
  double attention_scale = 0;       // of the scores; 0: 1 / sqrt(head_dim)
  double attention_softcap = 0;     // scores s become c tanh(s / c); 0: they do not
  double logit_softcap = 0;         // the same of the logits
  std::vector<RopeConfig> ropes;    // empty: plain, with rope_theta
  std::vector<LayerConfig> layers;  // of each layer; empty: all plain
  std::string dtype = "float32";    // of the stored weights: float32, bfloat16 or float16
  std::optional<int64_t> bos_token_id;
  std::optional<int64_t> pad_token_id;
  std::vector<int64_t> eos_token_ids;  // any of them ends a reply
  Json source = Json::object();        // the config.json this was read from

  LayerConfig layer(int64_t i) const {
    return layers.empty() ? LayerConfig{} : layers[static_cast<size_t>(i)];
  }
};

/// Throws Error, naming `where`, unless all sizes are positive, bounded and divisible.
void check_model_config(const ModelConfig& config, const std::string& where);

}  // namespace selfreward
