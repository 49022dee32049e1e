#pragma once
// The frequencies of rotary positions (Su et al. 2021, arXiv 2104.09864) and how config.json scales them for
// long contexts. Formulas as in transformers' modeling_rope_utils, in float32 as there.
//   const RopeConfig rope = read_rope(file, rope_settings(file, 10000.0), shape);
#include <vector>

#include "model/files/config_file.h"

namespace selfreward {

/// How fast positions turn q and k.
struct RopeConfig {
  std::vector<float> inv_freq;  // [rotary_dim / 2], radians a position
  double attention_factor = 1;  // of cosines and sines
  int64_t max_positions = 0;    // from here on other frequencies would hold for the whole sequence; 0: never
};

/// theta^(-2 i / rotary_dim).
RopeConfig plain_rope(int64_t rotary_dim, double theta);

/// What config.json says of the one rope of all layers, in transformers 5's spelling: {rope_type, rope_theta,
/// ...}. transformers 4 has rope_theta, rope_scaling {rope_type or type} and partial_rotary_factor of their
/// own. Where both are there transformers takes rope_scaling instead of rope_parameters, and of what is left
/// the keys inside before those outside. Ropes by kind of layer are refused.
Json rope_settings(const ConfigFile& file, double default_theta);
/// `settings` with its type under "rope_type", which goes before "type".
Json with_rope_type(const ConfigFile& file, Json settings);

struct RopeShape {
  int64_t head_dim, max_position_embeddings;
};
/// rope_type default, linear, dynamic, llama3, yarn or longrope; anything else, or a missing number, is an
/// error with the file and key. What `dynamic` and `longrope` do to longer sequences depends on their length,
/// which a cache of turned keys cannot follow: they are bounded by max_positions.
RopeConfig read_rope(const ConfigFile& file, const Json& settings, RopeShape shape);

}  // namespace selfreward
