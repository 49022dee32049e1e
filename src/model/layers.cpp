#include "model/layers.h"

#include <ATen/core/dispatch/Dispatcher.h>

#include <cmath>

namespace selfreward {
namespace {

using torch::Tensor;

/// Calls an operator that has no C++ header in the wheel; the arguments are pushed in the schema's order.
template <typename... Arguments>
Tensor call_operator(const char* name, Arguments&&... arguments) {
  static std::map<std::string, c10::OperatorHandle> handles;
  auto found = handles.find(name);
  if (found == handles.end())
    found = handles.emplace(name, c10::Dispatcher::singleton().findSchemaOrThrow(name, "")).first;
  torch::jit::Stack stack;
  (stack.emplace_back(std::forward<Arguments>(arguments)), ...);
  found->second.callBoxed(stack);
  return stack.at(0).toTensor();
}

}  // namespace

TokenBatch tree_batch(const TokenTree& tree, torch::Device device) {
  const auto positions = tree.positions();
  return {torch::tensor(tree.tokens(), at::kLong).to(device),
          torch::tensor(positions, at::kLong).to(device),
          attention_plan(tree),
          nullptr,
          {}};
}

Linear::Linear(int64_t in_features, int64_t out_features, torch::Dtype compute) : compute_(compute) {
  weight = register_parameter("weight", at::empty({out_features, in_features}, at::kFloat));
}

Tensor Linear::forward(const Tensor& x) const {
  if (packed_.defined() && !at::GradMode::is_enabled()) return packed_linear(x, packed_);
  return at::linear(x, weight.to(compute_));
}

void Linear::pack() {
  packed_ = pack_weight(weight, compute_);
}

Tensor packed_linear(const Tensor& x, const Tensor& packed) {
  if (!packed.is_mkldnn()) return at::linear(x, packed);
  return call_operator("mkldnn::_linear_pointwise", x, packed, c10::IValue(), std::string("none"),
                       c10::List<std::optional<at::Scalar>>(), std::string(""));
}

Tensor pack_weight(const Tensor& weight, torch::Dtype compute) {
  const at::NoGradGuard no_grad;
  const Tensor cast = weight.detach().to(compute);
  if (!cast.device().is_cpu()) return cast;
  return call_operator("mkldnn::_reorder_linear_weight", cast.contiguous(), c10::IValue());
}

RMSNorm::RMSNorm(int64_t hidden_size, double eps) : eps_(eps) {
  weight = register_parameter("weight", at::ones({hidden_size}, at::kFloat));
}

Tensor RMSNorm::forward(const Tensor& x) const {
  const Tensor wide = x.to(at::kFloat);
  const Tensor scale = at::rsqrt(wide.square().mean(-1, /*keepdim=*/true) + eps_);
  return (wide * scale).to(x.scalar_type()) * weight.to(x.scalar_type());
}

Rotary rotary(const Tensor& positions, int64_t head_dim, double theta) {
  const auto options = positions.options().dtype(at::kFloat);
  const Tensor exponents = at::arange(0, head_dim, 2, options) / static_cast<double>(head_dim);
  const Tensor angles = positions.to(at::kFloat).unsqueeze(-1) / at::pow(theta, exponents);
  return {angles.cos().unsqueeze(1), angles.sin().unsqueeze(1)};
}

Tensor rotate(const Tensor& x, const Rotary& rotary) {
  const auto halves = x.to(at::kFloat).chunk(2, /*dim=*/-1);
  const Tensor turned = at::cat(
      {halves[0] * rotary.cos - halves[1] * rotary.sin, halves[1] * rotary.cos + halves[0] * rotary.sin},
      /*dim=*/-1);
  return turned.to(x.scalar_type());
}

}  // namespace selfreward
