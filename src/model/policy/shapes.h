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

/// How much of a network is what, in numbers of elements.
struct NetworkSizes {
  int64_t layer_matrices = 0;  // of the layers' products
  int64_t joined = 0;          // of q, k, v and of gate, up, also where the checkpoint has them as one
  int64_t embedding = 0;       // vocabulary times hidden size
  int64_t vectors = 0;         // norms and biases
  int64_t head_norm = 0;       // of a token that a layer's norms of q and k keep for the backward pass, or 0
  int64_t norms = 0;           // inputs [hidden] of a token that a layer keeps for the backward pass
};
NetworkSizes network_sizes(const ModelConfig& config);

/// What adapters add to a network, in numbers of elements.
struct AdapterSizes {
  int64_t parameters = 0;
  int64_t inputs = 0;  // of a token, in all layers, that only the adapters keep for the backward pass
};
/// Without adapters (settings.r is 0) nothing; errors as in add_adapter (lora.h).
AdapterSizes adapter_sizes(const ModelConfig& config, const LoraSettings& settings);

}  // namespace selfreward
