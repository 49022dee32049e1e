#include "model/policy/shapes.h"

#include "model/policy/causal_lm.h"

namespace selfreward {

TensorShapes tensor_shapes(const ModelConfig& config) {
  const ShapesOnly no_memory;
  TensorShapes shapes;
  for (const auto& item : CausalLM(config, at::kFloat).named_parameters())
    shapes.emplace_back(item.key(), item.value().sizes().vec());
  return shapes;
}

}  // namespace selfreward
