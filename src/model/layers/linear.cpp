#include "model/layers/linear.h"

namespace selfreward {
namespace {

thread_local bool shapes_only = false;

}  // namespace

ShapesOnly::ShapesOnly() : before_(shapes_only) {
  shapes_only = true;
}

ShapesOnly::~ShapesOnly() {
  shapes_only = before_;
}

torch::Tensor new_weight(at::IntArrayRef shape) {
  return at::empty(shape, at::TensorOptions().dtype(at::kFloat).device(shapes_only ? at::kMeta : at::kCPU));
}

Linear::Linear(int64_t in_features, int64_t out_features, bool with_bias) {
  weight = register_parameter("weight", new_weight({out_features, in_features}));
  if (with_bias) bias = register_parameter("bias", new_weight({out_features}));
}

void Linear::add_adapter(int64_t r, double scaling) {
  lora_A = register_module("lora_A", std::make_shared<Linear>(weight.size(1), r));
  lora_B = register_module("lora_B", std::make_shared<Linear>(r, weight.size(0)));
  lora_scaling = scaling;
}

std::vector<torch::Tensor> Linear::adapter_parameters() const {
  if (!lora_A) return {};
  return {lora_A->weight, lora_B->weight};
}

torch::Tensor Linear::merged_weight() const {
  if (!lora_A) return weight;
  const auto full = [](const torch::Tensor& x) { return x.detach().to(at::kFloat); };
  return full(weight) + lora_scaling * at::mm(full(lora_B->weight), full(lora_A->weight));
}

void Linear::merge_adapter() {
  if (!lora_A) return;
  weight.set_data(merged_weight());
  unregister_module("lora_A");
  unregister_module("lora_B");
  lora_A = lora_B = nullptr;
}

std::shared_ptr<Linear> add_linear(torch::nn::Module& module, const std::string& name, int64_t in_features,
                                   int64_t out_features, bool with_bias) {
  return module.register_module(name, std::make_shared<Linear>(in_features, out_features, with_bias));
}

}  // namespace selfreward
