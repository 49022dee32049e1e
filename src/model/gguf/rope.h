#pragma once
// Rotary positions: the keys of config.json (transformers 4 and 5) and what a GGUF file has instead.
#include <optional>
#include <string>
#include <vector>

#include "model/gguf/file.h"
#include "model/gguf/writer.h"

namespace selfreward {

struct RopeSettings {
  double theta = 10000.0;
  std::optional<double> local_theta;  // of Gemma 3's layers with a sliding window
  double partial = 1.0;               // share of a head that turns
  Json scaling;                       // null, or rope_scaling as transformers 4 writes it
};

/// Of config.json: rope_theta, rope_scaling, rope_local_base_freq, or rope_parameters.
RopeSettings read_rope_settings(const Json& config, const std::string& where);

/// Of a GGUF file. A scaling that transformers cannot say (other Llama 3 factors, yarn with its own
/// constants) is an error that names it.
RopeSettings read_gguf_rope(const GgufFile& file, int64_t head_dim, int64_t context_length);

/// Adds the keys of `architecture`, and the tensors that some scalings are. A scaling that llama.cpp does not
/// compute for this architecture is an error.
void put_gguf_rope(const RopeSettings& rope, const std::string& architecture, int64_t head_dim,
                   const Json& config, GgufContents& contents);

/// By what Llama 3.1's scaling divides each frequency, [head_dim / 2]; `scaling` is rope_scaling.
std::vector<float> llama3_rope_factors(const Json& scaling, double theta, int64_t head_dim);

/// A float32 of a GGUF file as the shortest decimal that is the same float32: 1e-05,
/// not 9.99999974737875e-06.
double as_written(double value);

}  // namespace selfreward
