#include "model/layers/recomputed_layer.h"

#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

namespace selfreward {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct LayerHolder : torch::CustomClassHolder {
  RunLayer run;
  std::optional<Dropout> dropout;  // as it was before the forward pass
};

/// A leaf with the values of a kept input; the first layer has no `delta`.
Tensor leaf_of(const Tensor& kept) {
  return kept.defined() ? kept.detach().requires_grad_() : kept;
}

Tensor gradient_of(const Tensor& leaf) {
  return leaf.defined() ? leaf.grad() : leaf;
}

class RecomputedLayer : public torch::autograd::Function<RecomputedLayer> {
 public:
  static variable_list forward(AutogradContext* context, const Tensor& x, const std::optional<Tensor>& sum,
                               const RunLayer& run, Dropout* dropout) {
    const Tensor delta = sum.value_or(Tensor());
    auto held = c10::make_intrusive<LayerHolder>();
    held->run = run;
    if (dropout) held->dropout = Dropout{dropout->probability, dropout->adapter, dropout->generator.clone()};
    context->save_for_backward({x, delta});
    context->saved_data["layer"] = c10::IValue::make_capsule(held);
    const Stream out = run({x, delta}, dropout);
    return {out.x, out.delta};
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const auto saved = context->get_saved_variables();
    const auto capsule = context->saved_data["layer"].toCapsule();
    auto& held = static_cast<LayerHolder&>(*capsule);
    const Stream in{leaf_of(saved[0]), leaf_of(saved[1])};
    const at::AutoGradMode enable(true);
    const Stream out = held.run(in, held.dropout ? &*held.dropout : nullptr);
    torch::autograd::backward({out.x, out.delta}, grads);
    return {gradient_of(in.x), gradient_of(in.delta), Tensor(), Tensor()};
  }
};

}  // namespace

Stream recomputed(const Stream& in, const RunLayer& run, Dropout* dropout) {
  const auto delta = in.delta.defined() ? std::optional(in.delta) : std::nullopt;
  const auto out = RecomputedLayer::apply(in.x, delta, run, dropout);
  return {out[0], out[1]};
}

}  // namespace selfreward
