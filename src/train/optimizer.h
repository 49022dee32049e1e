#pragma once
// The optimizer of a training: AdamW over all parameters of a model, with float32 precision whatever the
// network multiplies in.
#include "model/files/safetensors.h"
#include "model/policy/causal_lm.h"
#include "train/adamw.h"
#include "train/settings.h"

namespace selfreward {

/// Adds the gradients of `loss` to those of the model's parameters. Gradients have the parameters' dtype
/// while there is one micro-batch, and become float32 before a second one is added, so that sums lose
/// nothing.
void add_gradients(const CausalLM& model, const torch::Tensor& loss);

class AdamW {
 public:
  /// Makes the model's trainable parameters require gradients. While the optimizer lives, matrices have the
  /// network's compute dtype and what bfloat16 cannot hold of them is kept here; afterwards all parameters
  /// are float32. Matrices decay, norms do not (as in TRL).
  AdamW(CausalLM& model, const TrainSettings& settings);
  ~AdamW();
  AdamW(const AdamW&) = delete;
  AdamW& operator=(const AdamW&) = delete;

  /// Clips the summed gradients to max_grad_norm, takes one step and clears them. Returns the norm before
  /// clipping. Gradients that are not finite are an error: a step with them would destroy the weights.
  double step(double learning_rate);
  int64_t steps() const { return steps_; }

  /// Parameters, moments and the number of steps, for a checkpoint of the training.
  NamedTensors state() const;
  void load_state(const TensorMap& state, int64_t steps);

 private:
  struct Entry {
    std::string name;
    torch::Tensor parameter, low;  // low: the rest of a bfloat16 parameter, or undefined
    AdamWMoments moments;
    double weight_decay;
  };

  double gradient_norm() const;

  const TrainSettings settings_;
  std::vector<Entry> entries_;
  int64_t steps_ = 0;
};

}  // namespace selfreward
