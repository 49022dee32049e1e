#include "model/ops/fused_norms.h"

namespace selfreward {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// What an RMSNorm makes; sum is undefined without a delta.
struct Normed {
  Tensor sum, out;
  Tensor scale;  // [rows] float32
};

Normed run_rms_norm(const Tensor& x, const Tensor& delta, const Tensor& weight, double eps, NormKind kind) {
  const Tensor factors = norm_factors(weight, x.scalar_type(), kind);
  const int64_t hidden = x.size(-1), rows = x.numel() / hidden;
  const Normed made{delta.defined() ? at::empty_like(x) : Tensor(), at::empty_like(x),
                    at::empty({rows}, x.options().dtype(at::kFloat))};
  with_row_kernels(x, [&](const auto& kernels) {
    using T = Element<decltype(kernels)>;
    const RmsNormForward<T> t{data_of<T>(x),
                              data_of<T>(delta),
                              data_of<float>(factors),
                              data_of<T>(made.sum),
                              data_of<T>(made.out),
                              data_of<float>(made.scale),
                              hidden,
                              static_cast<float>(eps),
                              rounds_first(kind)};
    for_each_row_piece(rows, hidden, [&](int64_t begin, int64_t end) { kernels.rms_norm(t, begin, end); });
  });
  return made;
}

/// Gradients of x (`normed` is what was normed; grad_sum its other gradient, or undefined) and of the weight.
std::pair<Tensor, Tensor> run_rms_norm_backward(const Tensor& normed, const Tensor& weight, NormKind kind,
                                                const Tensor& scale, const Tensor& grad_out,
                                                const Tensor& grad_sum) {
  const int64_t hidden = normed.size(-1);
  const Tensor factors = norm_factors(weight, normed.scalar_type(), kind), grad_x = at::empty_like(normed);
  const Tensor parts = at::zeros({kNormParts, hidden}, scale.options());
  with_row_kernels(normed, [&](const auto& kernels) {
    using T = Element<decltype(kernels)>;
    const RmsNormBackward<T> t{data_of<T>(normed),
                               data_of<float>(factors),
                               data_of<float>(scale),
                               data_of<T>(grad_out),
                               data_of<T>(grad_sum),
                               data_of<T>(grad_x),
                               hidden,
                               rounds_first(kind)};
    for_each_norm_part(scale.numel(), parts, [&](int64_t begin, int64_t end, float* grad_weight) {
      kernels.rms_norm_backward(t, begin, end, grad_weight);
    });
  });
  return {grad_x, parts.sum(0).to(weight.scalar_type())};
}

class RmsNormFunction : public torch::autograd::Function<RmsNormFunction> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight, double eps,
                        NormKind kind) {
    const Normed made = run_rms_norm(x, Tensor(), weight, eps, kind);
    context->save_for_backward({x, weight, made.scale});
    save_kind(context, kind);
    return made.out;
  }
  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const auto saved = context->get_saved_variables();
    const auto [grad_x, grad_weight] = run_rms_norm_backward(saved[0], saved[1], saved_kind(context),
                                                             saved[2], grads[0].contiguous(), Tensor());
    return {grad_x, grad_weight, Tensor(), Tensor()};
  }
};

class AddRmsNormFunction : public torch::autograd::Function<AddRmsNormFunction> {
 public:
  static variable_list forward(AutogradContext* context, const Tensor& x, const Tensor& delta,
                               const Tensor& weight, double eps, NormKind kind) {
    const Normed made = run_rms_norm(x, delta, weight, eps, kind);
    context->save_for_backward({made.sum, weight, made.scale});
    context->set_materialize_grads(false);
    save_kind(context, kind);
    return {made.sum, made.out};
  }
  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const auto saved = context->get_saved_variables();
    if (!grads[1].defined()) return {grads[0], grads[0], Tensor(), Tensor(), Tensor()};
    const Tensor grad_sum = grads[0].defined() ? grads[0].contiguous() : Tensor();
    const auto [grad_x, grad_weight] = run_rms_norm_backward(saved[0], saved[1], saved_kind(context),
                                                             saved[2], grads[1].contiguous(), grad_sum);
    return {grad_x, grad_x, grad_weight, Tensor(), Tensor()};
  }
};

}  // namespace

Tensor rms_norm_reference(const Tensor& x, const Tensor& weight, double eps, NormKind kind) {
  const Tensor wide = x.to(at::kFloat), w = weight.to(x.scalar_type());
  const Tensor scale = at::rsqrt(wide.square().mean(-1, /*keepdim=*/true) + eps);
  if (kind == NormKind::kLlama) return (wide * scale).to(x.scalar_type()) * w;
  const Tensor factors = kind == NormKind::kGemma ? 1 + w.to(at::kFloat) : w.to(at::kFloat);
  return (wide * scale * factors).to(x.scalar_type());
}

Tensor rms_norm(const Tensor& x, const Tensor& weight, double eps, NormKind kind) {
  if (!has_row_kernels(x)) return rms_norm_reference(x, weight, eps, kind);
  if (!at::GradMode::is_enabled()) return run_rms_norm(x.contiguous(), Tensor(), weight, eps, kind).out;
  return RmsNormFunction::apply(x.contiguous(), weight, eps, kind);
}

std::pair<Tensor, Tensor> add_rms_norm_reference(const Tensor& x, const Tensor& delta, const Tensor& weight,
                                                 double eps, NormKind kind) {
  const Tensor sum = x + delta;
  return {sum, rms_norm_reference(sum, weight, eps, kind)};
}

std::pair<Tensor, Tensor> add_rms_norm(const Tensor& x, const Tensor& delta, const Tensor& weight, double eps,
                                       NormKind kind) {
  if (!has_row_kernels(x)) return add_rms_norm_reference(x, delta, weight, eps, kind);
  if (!at::GradMode::is_enabled()) {
    const Normed made = run_rms_norm(x.contiguous(), delta.contiguous(), weight, eps, kind);
    return {made.sum, made.out};
  }
  const auto made = AddRmsNormFunction::apply(x.contiguous(), delta.contiguous(), weight, eps, kind);
  return {made[0], made[1]};
}

}  // namespace selfreward
