#pragma once
// The families of checkpoints that are supported, one file each: what config.json may say, and what a layer
// computes. Anything of a family's config.json that changes the network is read or refused.
#include <functional>

#include "model/layers/layers.h"

namespace selfreward {

struct Family {
  const char* model_type;
  const char* architecture;  // in config.json's "architectures"
  /// Reads what the family adds to the shape, which is there already.
  void (*read)(const ConfigFile& file, ModelConfig& config);
  std::shared_ptr<DecoderLayer> (*make_layer)(const ModelConfig& config, int64_t layer, torch::Dtype compute);
  bool tie_word_embeddings = false;  // where config.json does not say
  NormKind norm = NormKind::kLlama;  // of the last norm
  bool scaled_embedding = false;     // embeddings are multiplied by sqrt(hidden_size)
};

/// An unknown model_type is an error that lists the known ones; `where` names the file.
const Family& family_of(const std::string& model_type, const std::string& where);

extern const Family kLlama, kMistral, kQwen2, kQwen3, kSmolLM3, kGemma2, kGemma3, kPhi3, kOlmo2;

/// The one rope that all layers share. A partial_rotary_factor, and an original_max_position_embeddings
/// outside of the rope's settings, are refused: transformers ignores them.
void read_single_rope(const ConfigFile& file, ModelConfig& config, double default_theta = 10000.0);
/// The same of settings as rope_settings() gives them, which a family may have changed.
void set_single_rope(const ConfigFile& file, const Json& settings, ModelConfig& config);

/// Gives layers their windows: where `layer_types` of config.json says "sliding_attention", or, without that
/// key, where `is_sliding(layer)`.
void read_windows(const ConfigFile& file, ModelConfig& config, int64_t window,
                  const std::function<bool(int64_t layer)>& is_sliding);

}  // namespace selfreward
