#include "train/optimizer.h"

#include <ATen/record_function.h>

#include <cmath>

namespace selfreward {

using torch::Tensor;

void add_gradients(const CausalLM& model, const Tensor& loss) {
  for (const Tensor& parameter : model.parameters())
    if (parameter.grad().defined()) parameter.mutable_grad() = parameter.grad().to(at::kFloat);
  loss.backward();
}

AdamW::AdamW(CausalLM& model, const TrainSettings& settings) : settings_(settings) {
  for (auto& [name, parameter] : model.trainable_parameters()) {
    const bool matrix = parameter.dim() >= 2;
    const Tensor weight = parameter.detach().to(at::kFloat);
    Entry entry{name,
                parameter,
                {},
                {at::zeros_like(weight), at::zeros_like(weight)},
                matrix ? settings.weight_decay : 0};
    if (matrix && model.compute_dtype() == at::kBFloat16) {
      const SplitWeight parts = split_weight(weight);
      parameter.set_data(parts.high);
      entry.low = parts.low;
    } else {
      parameter.set_data(weight);
    }
    parameter.set_requires_grad(true);
    entries_.push_back(std::move(entry));
  }
  model.join_products();
}

AdamW::~AdamW() {
  for (Entry& entry : entries_) {
    entry.moments = {};
    entry.parameter.mutable_grad() = Tensor();
    entry.parameter.set_requires_grad(false);
    if (entry.low.defined()) entry.parameter.set_data(join_weight(entry.parameter, entry.low));
  }
}

double AdamW::gradient_norm() const {
  double sum = 0;
  for (const Entry& entry : entries_)
    if (entry.parameter.grad().defined()) sum += sum_of_squares(entry.parameter.grad());
  check(std::isfinite(sum), "[train] the gradient norm is not finite at step ", steps_ + 1,
        "; lower learning_rate, or check the data for broken rows");
  return std::sqrt(sum);
}

double AdamW::step(double learning_rate) {
  RECORD_FUNCTION("AdamW::step", {});
  const at::NoGradGuard no_grad;
  const double norm = gradient_norm(), scale = settings_.max_grad_norm / (norm + 1e-6);
  ++steps_;
  for (Entry& entry : entries_) {
    Tensor& parameter = entry.parameter;
    const Tensor grad = parameter.grad().defined() ? parameter.grad() : at::zeros_like(parameter);
    adamw_step(parameter, entry.low, entry.moments, grad,
               {learning_rate, settings_.adam_beta1, settings_.adam_beta2, settings_.adam_epsilon,
                entry.weight_decay, settings_.max_grad_norm > 0 && scale < 1 ? scale : 1, steps_});
    parameter.mutable_grad() = Tensor();
  }
  return norm;
}

NamedTensors AdamW::state() const {
  NamedTensors state;
  for (const Entry& entry : entries_) {
    state.emplace_back("parameter." + entry.name, entry.parameter.detach());
    if (entry.low.defined()) state.emplace_back("low." + entry.name, entry.low);
    state.emplace_back("exp_avg." + entry.name, entry.moments.exp_avg);
    state.emplace_back("exp_avg_sq." + entry.name, entry.moments.exp_avg_sq);
  }
  return state;
}

void AdamW::load_state(const TensorMap& saved, int64_t steps) {
  const at::NoGradGuard no_grad;
  for (auto& [name, tensor] : state()) {
    const auto found = saved.find(name);
    check(found != saved.end() && found->second.sizes() == tensor.sizes() &&
              found->second.scalar_type() == tensor.scalar_type(),
          "[train] the training checkpoint does not fit this model: '", name,
          "' is missing or has another shape or type");
    tensor.copy_(found->second);
  }
  steps_ = steps;
}

}  // namespace selfreward
