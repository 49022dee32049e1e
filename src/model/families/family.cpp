#include "model/families/family.h"

#include <algorithm>
#include <array>

namespace selfreward {
namespace {

constexpr std::array kFamilies{&kLlama,  &kMistral, &kQwen2, &kQwen3, &kSmolLM3,
                               &kGemma2, &kGemma3,  &kPhi3,  &kOlmo2};

}  // namespace

const Family& family_of(const std::string& model_type, const std::string& where) {
  std::string known;
  for (const Family* family : kFamilies) {
    if (family->model_type == model_type) return *family;
    known += (known.empty() ? "" : ", ") + std::string(family->model_type);
  }
  fail("[config] ", where, ": model_type is \"", model_type,
       "\", which is not supported; supported: ", known);
}

void read_single_rope(const ConfigFile& file, ModelConfig& config, double default_theta) {
  const Json settings = rope_settings(file, default_theta);
  if (const Json part = settings.value("partial_rotary_factor", Json(1)); part != 1)
    file.refuse("partial_rotary_factor", part, "1 (nothing else is supported)");
  const char* original = "original_max_position_embeddings";
  if (const Json length = file.get(original); !length.is_null() && settings["rope_type"] != "default")
    if (settings.value(original, Json()) != length)
      file.refuse(original, length, "the same inside of the rope's settings, where transformers reads it");
  set_single_rope(file, settings, config);
}

void set_single_rope(const ConfigFile& file, const Json& settings, ModelConfig& config) {
  const RopeConfig rope = read_rope(file, settings, {config.head_dim, config.max_position_embeddings});
  config.rope_theta = settings["rope_theta"];
  if (rope.max_positions > 0)
    config.max_position_embeddings = std::min(config.max_position_embeddings, rope.max_positions);
  config.ropes = {rope};
}

void read_windows(const ConfigFile& file, ModelConfig& config, int64_t window,
                  const std::function<bool(int64_t layer)>& is_sliding) {
  const Json types = file.get("layer_types");
  if (!types.is_null() && (!types.is_array() || std::ssize(types) != config.num_hidden_layers))
    file.refuse("layer_types", types, str("a list of ", config.num_hidden_layers, " names"));
  config.layers.resize(static_cast<size_t>(config.num_hidden_layers));
  for (int64_t i = 0; i < config.num_hidden_layers; ++i) {
    const Json type = types.is_null() ? Json() : types[static_cast<size_t>(i)];
    if (!type.is_null() && type != "sliding_attention" && type != "full_attention")
      file.refuse("layer_types", type, "\"full_attention\" or \"sliding_attention\"");
    const bool sliding = type.is_null() ? is_sliding(i) : type == "sliding_attention";
    if (!sliding) continue;
    if (window <= 0)
      file.refuse("sliding_window", file.get("sliding_window"), "a positive number for layers that slide");
    config.layers[static_cast<size_t>(i)].window = window;
  }
}

}  // namespace selfreward
