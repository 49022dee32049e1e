#pragma once
// AdamW with decoupled weight decay (Loshchilov & Hutter 2019, arXiv 1711.05101) over float32 master weights.
#include "model/causal_lm.h"
#include "model/safetensors.h"
#include "train/settings.h"

namespace selfreward {

class AdamW {
 public:
  /// Makes the model's parameters float32 and trainable. Matrices decay, norms do not (as in TRL).
  AdamW(CausalLM& model, const TrainSettings& settings);
  ~AdamW();

  /// Clips the summed gradients to max_grad_norm, takes one step and clears them. Returns the norm before
  /// clipping. Gradients that are not finite are an error: a step with them would destroy the weights.
  double step(double learning_rate);
  int64_t steps() const { return steps_; }

  /// Parameters, moments and the number of steps, for a checkpoint of the training.
  NamedTensors state() const;
  void load_state(const TensorMap& state, int64_t steps);

 private:
  struct Group {
    std::vector<torch::Tensor> parameters, exp_avgs, exp_avg_sqs;
    double weight_decay;
  };

  double clip();

  const TrainSettings settings_;
  std::vector<std::pair<std::string, torch::Tensor>> named_;
  Group groups_[2];
  int64_t steps_ = 0;
};

}  // namespace selfreward
