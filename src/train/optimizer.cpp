#include "train/optimizer.h"

#include <ATen/ops/_fused_adamw.h>
#include <torch/csrc/autograd/variable.h>

#include <cmath>

namespace selfreward {

using torch::Tensor;

AdamW::AdamW(CausalLM& model, const TrainSettings& settings) : settings_(settings) {
  groups_[0].weight_decay = settings.weight_decay;
  groups_[1].weight_decay = 0;
  for (auto& item : model.named_parameters()) {
    item.value().set_data(item.value().detach().to(at::kFloat));
    item.value().set_requires_grad(true);
    Group& group = groups_[item.value().dim() >= 2 ? 0 : 1];
    group.parameters.push_back(item.value());
    group.exp_avgs.push_back(at::zeros_like(item.value(), at::TensorOptions().requires_grad(false)));
    group.exp_avg_sqs.push_back(at::zeros_like(item.value(), at::TensorOptions().requires_grad(false)));
    named_.emplace_back(item.key(), item.value());
  }
}

AdamW::~AdamW() {
  for (auto& [name, parameter] : named_) {
    parameter.mutable_grad() = Tensor();
    parameter.set_requires_grad(false);
  }
}

double AdamW::clip() {
  std::vector<Tensor> gradients;
  for (const auto& [name, parameter] : named_)
    if (parameter.grad().defined()) gradients.push_back(parameter.grad());
  const double norm = at::stack(at::_foreach_norm(gradients)).to(at::kDouble).norm().item<double>();
  check(std::isfinite(norm), "[train] the gradient norm is not finite at step ", steps_ + 1,
        "; lower learning_rate, or check the data for broken rows");
  const double scale = settings_.max_grad_norm / (norm + 1e-6);
  if (settings_.max_grad_norm > 0 && scale < 1) at::_foreach_mul_(gradients, scale);
  return norm;
}

double AdamW::step(double learning_rate) {
  const at::NoGradGuard no_grad;
  const double norm = clip();
  ++steps_;
  const Tensor count =
      at::full({}, static_cast<double>(steps_), named_.front().second.options().requires_grad(false));
  for (Group& group : groups_) {
    std::vector<Tensor> gradients;
    for (const Tensor& parameter : group.parameters)
      gradients.push_back(parameter.grad().defined() ? parameter.grad() : at::zeros_like(parameter));
    const std::vector<Tensor> counts(gradients.size(), count);
    at::_fused_adamw_(group.parameters, gradients, group.exp_avgs, group.exp_avg_sqs, /*max_exp_avg_sqs=*/{},
                      counts, learning_rate, settings_.adam_beta1, settings_.adam_beta2, group.weight_decay,
                      settings_.adam_epsilon, /*amsgrad=*/false, /*maximize=*/false);
  }
  for (const auto& [name, parameter] : named_) {
    parameter.mutable_grad() = Tensor();
    torch::autograd::impl::bump_version(parameter);  // the fused operator does not say that it wrote
  }
  return norm;
}

NamedTensors AdamW::state() const {
  NamedTensors state;
  for (const auto& [name, parameter] : named_) state.emplace_back("parameter." + name, parameter.detach());
  for (size_t g = 0; g < 2; ++g)
    for (size_t i = 0; i < groups_[g].parameters.size(); ++i) {
      state.emplace_back(str("exp_avg.", g, ".", i), groups_[g].exp_avgs[i]);
      state.emplace_back(str("exp_avg_sq.", g, ".", i), groups_[g].exp_avg_sqs[i]);
    }
  return state;
}

void AdamW::load_state(const TensorMap& saved, int64_t steps) {
  const at::NoGradGuard no_grad;
  for (auto& [name, tensor] : state()) {
    const auto found = saved.find(name);
    check(found != saved.end() && found->second.sizes() == tensor.sizes(),
          "[train] the training checkpoint does not fit this model: '", name,
          "' is missing or has another shape");
    tensor.copy_(found->second);
  }
  steps_ = steps;
}

}  // namespace selfreward
