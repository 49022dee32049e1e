#include "model/joint_linear.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/csrc/autograd/custom_function.h>

#include <map>

#include "model/fused_ops.h"

namespace selfreward {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

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

Tensor packed_product(const Tensor& x, const Tensor& packed) {
  if (!packed.is_mkldnn()) return at::linear(x, packed);
  return call_operator("mkldnn::_linear_pointwise", x, packed, c10::IValue(), std::string("none"),
                       c10::List<std::optional<at::Scalar>>(), std::string(""));
}

class Product : public torch::autograd::Function<Product> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& joint,
                        at::TensorList weights) {
    variable_list saved{x, joint};
    saved.insert(saved.end(), weights.begin(), weights.end());
    context->save_for_backward(saved);
    return at::linear(x, joint);
  }

  static variable_list backward(AutogradContext* context, variable_list grads) {
    const auto saved = context->get_saved_variables();
    const Tensor &x = saved[0], &joint = saved[1], &grad = grads[0];
    variable_list result{at::mm(grad, joint), Tensor()};
    const Tensor grad_joint = at::mm(transposed(grad), x);
    int64_t first = 0;
    for (size_t i = 2; i < saved.size(); ++i) {
      result.push_back(grad_joint.narrow(0, first, saved[i].size(0)).to(saved[i].scalar_type()));
      first += saved[i].size(0);
    }
    return result;
  }
};

}  // namespace

Tensor JointLinear::forward(const Tensor& x) const {
  if (!at::GradMode::is_enabled())
    return packed_.defined() ? packed_product(x, packed_) : at::linear(x, joint());
  return Product::apply(x, joint(), at::TensorList(weights_));
}

void JointLinear::pack() {
  const at::NoGradGuard no_grad;
  packed_ = joint();
  joint_ = Tensor();
  if (packed_.device().is_cpu())
    packed_ = call_operator("mkldnn::_reorder_linear_weight", packed_.contiguous(), c10::IValue());
}

const Tensor& JointLinear::joint() const {
  std::vector<std::pair<const void*, int64_t>> made_of;
  for (const Tensor& weight : weights_)
    made_of.emplace_back(weight.data_ptr(), static_cast<int64_t>(weight._version()));
  if (joint_.defined() && made_of == made_of_) return joint_;
  const at::NoGradGuard no_grad;
  made_of_ = std::move(made_of);
  if (weights_.size() == 1) {
    joint_ = weights_[0].detach().to(compute_);
    return joint_;
  }
  variable_list parts;
  for (const Tensor& weight : weights_) parts.push_back(weight.detach().to(compute_));
  joint_ = at::cat(parts);
  return joint_;
}

}  // namespace selfreward
