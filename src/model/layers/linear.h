#pragma once
// A matrix of the checkpoint, kept as loaded; JointLinear multiplies with it.
#include <torch/nn/module.h>
#include <torch/types.h>

namespace selfreward {

/// While it lives, the matrices that this thread makes have sizes and no memory: for those who ask for the
/// shapes of a network alone, which may be larger than this machine.
class ShapesOnly {
 public:
  ShapesOnly();
  ~ShapesOnly();
  ShapesOnly(const ShapesOnly&) = delete;
  ShapesOnly& operator=(const ShapesOnly&) = delete;

 private:
  bool before_;
};

/// An uninitialised float32 parameter.
torch::Tensor new_weight(at::IntArrayRef shape);

struct Linear : torch::nn::Module {
  Linear(int64_t in_features, int64_t out_features, bool with_bias = false);
  /// Shares a matrix that another module owns: tied embeddings.
  explicit Linear(torch::Tensor shared) : weight(std::move(shared)) {}

  /// Gives the matrix a LoRA adapter "lora_A", "lora_B" with uninitialised parameters.
  void add_adapter(int64_t r, double scaling);
  /// The adapter's parameters, or none.
  std::vector<torch::Tensor> adapter_parameters() const;
  /// weight + scaling B A in float32, or the weight as it is without an adapter.
  torch::Tensor merged_weight() const;
  /// Makes that the weight, and the adapter goes.
  void merge_adapter();

  torch::Tensor weight;                    // [out_features, in_features]
  torch::Tensor bias;                      // [out_features], or undefined
  std::shared_ptr<Linear> lora_A, lora_B;  // [r, in_features], [out_features, r], or null
  double lora_scaling = 0;
};

/// A new Linear as `name` of a module.
std::shared_ptr<Linear> add_linear(torch::nn::Module& module, const std::string& name, int64_t in_features,
                                   int64_t out_features, bool with_bias = false);

}  // namespace selfreward
