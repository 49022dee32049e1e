#pragma once
// The sizes of a network's weights, without the weights.
#include <string>
#include <utility>
#include <vector>

#include "model/layers/lora_settings.h"
#include "model/layers/model_config.h"

namespace selfreward {

/// Every weight of the network: name and shape. Tied embeddings appear once.
using TensorShapes = std::vector<std::pair<std::string, std::vector<int64_t>>>;
TensorShapes tensor_shapes(const ModelConfig& config);

/// The names and shapes of the matrices that get an adapter; errors as in add_adapter (lora.h).
TensorShapes adapted_matrices(const ModelConfig& config, const LoraSettings& settings);

}  // namespace selfreward
