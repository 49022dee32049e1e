#pragma once
// config.json (and generation_config.json) of a Hugging Face checkpoint of the Llama family.
//   const ModelConfig config = load_model_config("M0");
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"

namespace selfreward {

/// The shape of a LlamaForCausalLM without biases and with plain rotary positions: everything else is
/// refused when it is read. Sizes are checked: positive, bounded, and divisible where heads share them.
struct ModelConfig {
  int64_t vocab_size = 0;
  int64_t hidden_size = 0;
  int64_t intermediate_size = 0;
  int64_t num_hidden_layers = 0;
  int64_t num_attention_heads = 0;
  int64_t num_key_value_heads = 0;
  int64_t head_dim = 0;
  int64_t max_position_embeddings = 0;
  double rms_norm_eps = 1e-6;
  double rope_theta = 10000.0;
  bool tie_word_embeddings = false;
  std::string dtype = "float32";  // of the stored weights: float32, bfloat16 or float16
  std::optional<int64_t> bos_token_id;
  std::optional<int64_t> pad_token_id;
  std::vector<int64_t> eos_token_ids;  // any of them ends a reply
};

/// Reads `dir`/config.json, in the spelling of transformers 4 or 5. The eos ids are those of
/// generation_config.json and config.json together. A setting that would change the network in a way that
/// is not built here (other architecture, rope scaling, biases, ...) is an error with its key and value.
ModelConfig load_model_config(const fs::path& dir);

/// Throws Error, naming `where`, unless all sizes are positive, bounded and divisible.
void check_model_config(const ModelConfig& config, const std::string& where);

/// config.json as transformers 4.4x and 5 read it.
Json to_config_json(const ModelConfig& config);

/// generation_config.json: `base` (what a source checkpoint had; may be empty) with the ids of `config`.
Json to_generation_json(const ModelConfig& config, Json base = Json::object());

/// Every weight of the network, in the order of the layers: name and shape. Tied embeddings appear once.
using TensorShapes = std::vector<std::pair<std::string, std::vector<int64_t>>>;
TensorShapes tensor_shapes(const ModelConfig& config);

}  // namespace selfreward
