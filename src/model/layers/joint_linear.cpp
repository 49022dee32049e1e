#include "model/layers/joint_linear.h"

#include <torch/csrc/autograd/custom_function.h>

#include "model/ops/fused_ops.h"
#include "model/ops/split_product.h"

namespace selfreward {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct MakerHolder : torch::CustomClassHolder {
  std::function<Tensor(const Tensor&)> make;
};

class Product : public torch::autograd::Function<Product> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& joint,
                        at::TensorList weights, const Origin& origin) {
    variable_list saved{origin.make ? origin.source.detach() : x, joint};
    saved.insert(saved.end(), weights.begin(), weights.end());
    context->save_for_backward(saved);
    auto holder = c10::make_intrusive<MakerHolder>();
    holder->make = origin.make;
    context->saved_data["make"] = c10::IValue::make_capsule(holder);
    return split_product(x, joint.t());
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const auto saved = context->get_saved_variables();
    const auto capsule = context->saved_data["make"].toCapsule();
    const auto& make = static_cast<const MakerHolder&>(*capsule).make;
    const Tensor &joint = saved[1], &grad = grads[0];
    variable_list result{split_product(grad, joint), Tensor()};
    if (!saved[2].requires_grad()) {  // frozen
      result.resize(saved.size() + 1);
      return result;
    }
    const Tensor grad_joint = split_product(transposed(grad), make ? make(saved[0]) : saved[0]);
    int64_t first = 0;
    for (size_t i = 2; i < saved.size(); ++i) {
      result.push_back(grad_joint.narrow(0, first, saved[i].size(0)).to(saved[i].scalar_type()));
      first += saved[i].size(0);
    }
    result.emplace_back();
    return result;
  }
};

}  // namespace

JointLinear::JointLinear(std::vector<std::shared_ptr<Linear>> parts, torch::Dtype compute)
    : parts_(std::move(parts)), compute_(compute) {}

variable_list JointLinear::weights() const {
  variable_list weights;
  for (const auto& part : parts_) weights.push_back(part->weight);
  return weights;
}

Tensor JointLinear::product(const Tensor& x, const Origin& origin) const {
  if (!at::GradMode::is_enabled())
    return packed_ ? packed_product(x, *packed_) : split_product(x, joint().t());
  const variable_list parameters = weights();
  return Product::apply(x, joint(), at::TensorList(parameters), origin);
}

Tensor JointLinear::forward(const Tensor& x, const Origin& origin, Dropout* dropout) const {
  const bool gradients = at::GradMode::is_enabled();
  const auto plus = [gradients](const Tensor& y, const Tensor& more) {
    return gradients ? y + more : y.add_(more);
  };
  Tensor y = product(x, origin);
  if (parts_[0]->bias.defined()) y = plus(y, bias());
  return has_adapter() && !packed_ ? plus(y, adapters(x, dropout)) : y;
}

bool JointLinear::has_adapter() const {
  return std::any_of(parts_.begin(), parts_.end(), [](const auto& part) { return part->lora_A != nullptr; });
}

Tensor JointLinear::adapters(const Tensor& x, Dropout* dropout) const {
  variable_list products;
  for (const auto& part : parts_) {
    if (!part->lora_A) {
      products.push_back(at::zeros({x.size(0), part->weight.size(0)}, x.options()));
      continue;
    }
    const Tensor input = dropped_at(dropout ? dropout->adapter : 0, x, dropout);
    const Tensor low = at::linear(input, part->lora_A->weight.to(compute_));
    products.push_back(at::linear(low, part->lora_B->weight.to(compute_)) * part->lora_scaling);
  }
  return products.size() == 1 ? products[0] : at::cat(products, /*dim=*/1);
}

Tensor JointLinear::bias() const {
  variable_list biases;
  for (const auto& part : parts_) biases.push_back(part->bias.to(compute_));
  return biases.size() == 1 ? biases[0] : at::cat(biases);
}

void JointLinear::pack() {
  if (!parts_[0]->weight.device().is_cpu()) return;
  const at::NoGradGuard no_grad;
  packed_ = pack_weights(has_adapter() ? in_one(/*with_adapters=*/true) : joint());
  if (!joined()) joint_ = Tensor();  // a copy can be made again
}

void JointLinear::join() {
  if (joined()) return;
  const at::NoGradGuard no_grad;
  joint_ = in_one(/*with_adapters=*/false);
  made_of_.clear();
  int64_t first = 0;
  for (const Tensor& weight : weights()) {
    weight.set_data(joint_.narrow(0, first, weight.size(0)));
    first += weight.size(0);
  }
}

bool JointLinear::joined() const {
  if (!joint_.defined()) return false;
  int64_t first = 0;
  return std::all_of(parts_.begin(), parts_.end(), [&](const auto& part) {
    const Tensor& weight = part->weight;
    const int64_t begin = std::exchange(first, first + weight.size(0));
    return weight.data_ptr() == joint_.select(0, begin).data_ptr() && weight.scalar_type() == compute_;
  });
}

const Tensor& JointLinear::joint() const {
  if (joined()) return joint_;
  std::vector<std::pair<const void*, int64_t>> made_of;
  for (const Tensor& weight : weights())
    made_of.emplace_back(weight.data_ptr(), static_cast<int64_t>(weight._version()));
  if (joint_.defined() && made_of == made_of_) return joint_;
  const at::NoGradGuard no_grad;
  made_of_ = std::move(made_of);
  joint_ = in_one(/*with_adapters=*/false);
  return joint_;
}

Tensor JointLinear::in_one(bool with_adapters) const {
  variable_list parts;
  for (const auto& part : parts_)
    parts.push_back((with_adapters ? part->merged_weight() : part->weight).detach().to(compute_));
  return parts.size() == 1 ? parts[0] : at::cat(parts);
}

}  // namespace selfreward
