#include "model/policy/shapes.h"

#include "model/policy/causal_lm.h"
#include "model/policy/lora.h"

namespace selfreward {
namespace {

int64_t elements_of(const std::vector<std::shared_ptr<Linear>>& matrices) {
  int64_t elements = 0;
  for (const auto& matrix : matrices) elements += matrix->weight.numel();
  return elements;
}

/// Of what the adapters of one product read, what is kept for them alone: with dropout its zeros and what it
/// left, for each matrix; else the input where the product itself does not keep it.
int64_t kept_for_adapters(const JointLinear& product, bool product_keeps_input, bool with_dropout) {
  int64_t kept = 0;
  for (const auto& part : product.parts())
    if (part->lora_A) {
      const int64_t width = part->weight.size(1);
      if (with_dropout) kept += 2 * width;
      if (!with_dropout && !product_keeps_input) kept = width;
    }
  return kept;
}

}  // namespace

TensorShapes tensor_shapes(const ModelConfig& config) {
  const ShapesOnly no_memory;
  TensorShapes shapes;
  for (const auto& item : CausalLM(config, at::kFloat).named_parameters())
    shapes.emplace_back(item.key(), item.value().sizes().vec());
  return shapes;
}

NetworkSizes network_sizes(const ModelConfig& config) {
  const ShapesOnly no_memory;
  const CausalLM model(config, at::kFloat);
  NetworkSizes sizes{.embedding = model.output_weight().numel()};
  for (const torch::Tensor& parameter : model.parameters())
    if (parameter.dim() != 2) sizes.vectors += parameter.numel();
  for (const auto& layer : model.layers()) {
    sizes.head_norm = layer->attention().kept_by_head_norms();
    sizes.norms = layer->kept_inputs();
    sizes.layer_matrices += elements_of(layer->matrices());
    for (const JointLinear* product : layer->joint_products()) sizes.joined += elements_of(product->parts());
  }
  return sizes;
}

AdapterSizes adapter_sizes(const ModelConfig& config, const LoraSettings& settings) {
  if (settings.r == 0) return {};
  const ShapesOnly no_memory;
  CausalLM model(config, at::kFloat);
  attach_adapter(model, settings);
  AdapterSizes sizes;
  for (const auto& layer : model.layers())
    for (const JointLinear* product : layer->products()) {
      sizes.inputs +=
          kept_for_adapters(*product, layer->attention().keeps_input(*product), settings.lora_dropout > 0);
      for (const auto& part : product->parts()) {
        if (!part->lora_A) continue;
        sizes.inputs += settings.r;
        for (const torch::Tensor& parameter : part->adapter_parameters())
          sizes.parameters += parameter.numel();
      }
    }
  return sizes;
}

}  // namespace selfreward
