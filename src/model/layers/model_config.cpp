#include "model/layers/model_config.h"

#include <cmath>

#include "base/error.h"

namespace selfreward {
namespace {

constexpr int64_t kMaxSize = int64_t{1} << 24;  // far above any model; products of three stay in 128 bits
constexpr int64_t kMaxLayers = 4096;

void check_id(int64_t id, const char* key, const ModelConfig& config, const std::string& where) {
  check(id >= 0 && id < config.vocab_size, "[config] ", where, ": ", key, " is ", id, ", but vocab_size is ",
        config.vocab_size);
}

}  // namespace

void check_model_config(const ModelConfig& config, const std::string& where) {
  const auto size = [&](const char* key, int64_t value, int64_t most) {
    check(value > 0 && value <= most, "[config] ", where, ": ", key, " is ", value, ", expected 1 to ", most);
  };
  size("vocab_size", config.vocab_size, kMaxSize);
  size("hidden_size", config.hidden_size, kMaxSize);
  size("intermediate_size", config.intermediate_size, kMaxSize);
  size("num_hidden_layers", config.num_hidden_layers, kMaxLayers);
  size("num_attention_heads", config.num_attention_heads, kMaxSize);
  size("num_key_value_heads", config.num_key_value_heads, kMaxSize);
  size("head_dim", config.head_dim, kMaxSize);
  size("max_position_embeddings", config.max_position_embeddings, kMaxSize);
  const auto divides = [&](const char* part, int64_t small, const char* whole, int64_t large) {
    check(large % small == 0, "[config] ", where, ": ", whole, " ", large, " is not a multiple of ", part,
          " ", small);
  };
  divides("num_key_value_heads", config.num_key_value_heads, "num_attention_heads",
          config.num_attention_heads);
  check(config.head_dim % 2 == 0, "[config] ", where, ": head_dim is ", config.head_dim,
        ", expected an even number (rotary positions turn pairs)");
  size("num_attention_heads * head_dim", config.num_attention_heads * config.head_dim, kMaxSize);
  check(config.rms_norm_eps > 0 && config.rms_norm_eps < 1, "[config] ", where, ": rms_norm_eps is ",
        config.rms_norm_eps, ", expected a number between 0 and 1");
  check(config.rope_theta > 0 && std::isfinite(config.rope_theta), "[config] ", where, ": rope_theta is ",
        config.rope_theta, ", expected a positive number");
  for (const int64_t id : config.eos_token_ids) check_id(id, "eos_token_id", config, where);
  if (config.bos_token_id) check_id(*config.bos_token_id, "bos_token_id", config, where);
}

}  // namespace selfreward
