#include "model/fused_ops.h"

#include <torch/csrc/autograd/custom_function.h>

#include "model/row_views.h"

namespace selfreward {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

Tensor as_float(const Tensor& weight) {
  return weight.detach().to(at::kFloat).contiguous();
}

/// What an RMSNorm makes; sum is undefined without a delta.
struct Normed {
  Tensor sum, out;
  Tensor scale;  // [tokens] float32
};

Normed run_rms_norm(const Tensor& x, const Tensor& delta, const Tensor& weight, double eps) {
  const Tensor w = as_float(weight);
  const Normed made{delta.defined() ? at::empty_like(x) : Tensor(), at::empty_like(x),
                    at::empty({x.size(0)}, x.options().dtype(at::kFloat))};
  with_row_kernels(x, [&](const auto& kernels) {
    using T = Element<decltype(kernels)>;
    const RmsNormForward<T> t{
        data_of<T>(x),        data_of<T>(delta),          data_of<float>(w), data_of<T>(made.sum),
        data_of<T>(made.out), data_of<float>(made.scale), x.size(1),         static_cast<float>(eps)};
    for_each_row_piece(x.size(0), x.size(1),
                       [&](int64_t begin, int64_t end) { kernels.rms_norm(t, begin, end); });
  });
  return made;
}

/// Gradients of x (`normed` is what was normed; grad_sum its other gradient, or undefined) and of the weight.
/// The weight's gradient is summed in kParts parts, so that the order is one whatever the threads.
std::pair<Tensor, Tensor> run_rms_norm_backward(const Tensor& normed, const Tensor& weight,
                                                const Tensor& scale, const Tensor& grad_out,
                                                const Tensor& grad_sum) {
  constexpr int64_t kParts = 16;
  const int64_t rows = normed.size(0), hidden = normed.size(1), part = (rows + kParts - 1) / kParts;
  const Tensor w = as_float(weight), grad_x = at::empty_like(normed);
  const Tensor parts = at::zeros({kParts, hidden}, scale.options());
  with_row_kernels(normed, [&](const auto& kernels) {
    using T = Element<decltype(kernels)>;
    const RmsNormBackward<T> t{data_of<T>(normed),
                               data_of<float>(w),
                               data_of<float>(scale),
                               data_of<T>(grad_out),
                               data_of<T>(grad_sum),
                               data_of<T>(grad_x),
                               hidden};
    at::parallel_for(0, kParts, /*grain_size=*/1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        kernels.rms_norm_backward(t, std::min(rows, i * part), std::min(rows, (i + 1) * part),
                                  data_of<float>(parts) + i * hidden);
    });
  });
  return {grad_x, parts.sum(0).to(weight.scalar_type())};
}

class RmsNormFunction : public torch::autograd::Function<RmsNormFunction> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight, double eps) {
    const Normed made = run_rms_norm(x, Tensor(), weight, eps);
    context->save_for_backward({x, weight, made.scale});
    return made.out;
  }
  static variable_list backward(AutogradContext* context, variable_list grads) {
    const auto saved = context->get_saved_variables();
    const auto [grad_x, grad_weight] =
        run_rms_norm_backward(saved[0], saved[1], saved[2], grads[0].contiguous(), Tensor());
    return {grad_x, grad_weight, Tensor()};
  }
};

class AddRmsNormFunction : public torch::autograd::Function<AddRmsNormFunction> {
 public:
  static variable_list forward(AutogradContext* context, const Tensor& x, const Tensor& delta,
                               const Tensor& weight, double eps) {
    const Normed made = run_rms_norm(x, delta, weight, eps);
    context->save_for_backward({made.sum, weight, made.scale});
    context->set_materialize_grads(false);
    return {made.sum, made.out};
  }
  static variable_list backward(AutogradContext* context, variable_list grads) {
    const auto saved = context->get_saved_variables();
    if (!grads[1].defined()) return {grads[0], grads[0], Tensor(), Tensor()};
    const Tensor grad_sum = grads[0].defined() ? grads[0].contiguous() : Tensor();
    const auto [grad_x, grad_weight] =
        run_rms_norm_backward(saved[0], saved[1], saved[2], grads[1].contiguous(), grad_sum);
    return {grad_x, grad_x, grad_weight, Tensor()};
  }
};

Tensor run_swiglu(const Tensor& gate_up) {
  const int64_t tokens = gate_up.size(0), width = gate_up.size(1) / 2;
  const Tensor out = at::empty({tokens, width}, gate_up.options());
  with_row_kernels(gate_up, [&](const auto& kernels) {
    using T = Element<decltype(kernels)>;
    for_each_row_piece(tokens, width, [&](int64_t begin, int64_t end) {
      kernels.swiglu(data_of<T>(gate_up), data_of<T>(out), width, begin, end);
    });
  });
  return out;
}

Tensor run_swiglu_backward(const Tensor& gate_up, const Tensor& grad) {
  const Tensor grad_gate_up = at::empty_like(gate_up);
  const int64_t width = grad.size(1);
  with_row_kernels(gate_up, [&](const auto& kernels) {
    using T = Element<decltype(kernels)>;
    for_each_row_piece(grad.size(0), width, [&](int64_t begin, int64_t end) {
      kernels.swiglu_backward(data_of<T>(gate_up), data_of<T>(grad), data_of<T>(grad_gate_up), width, begin,
                              end);
    });
  });
  return grad_gate_up;
}

class SwigluFunction : public torch::autograd::Function<SwigluFunction> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& gate_up) {
    context->save_for_backward({gate_up});
    return run_swiglu(gate_up);
  }
  static variable_list backward(AutogradContext* context, variable_list grads) {
    return {run_swiglu_backward(context->get_saved_variables()[0], grads[0].contiguous())};
  }
};

/// Runs split_rotate, or join_rotate_back, between qkv and its parts.
void run_rotary(const Tensor& qkv, const QueryKeyValue& parts, const Rotary& rotary, bool back) {
  with_row_kernels(qkv, [&](const auto& kernels) {
    using T = Element<decltype(kernels)>;
    const RotaryRows<T> t{data_of<T>(qkv),
                          data_of<T>(parts.q),
                          data_of<T>(parts.k),
                          data_of<T>(parts.v),
                          data_of<float>(rotary.cos),
                          data_of<float>(rotary.sin),
                          parts.q.size(1),
                          parts.k.size(1),
                          parts.q.size(2)};
    for_each_row_piece(qkv.size(0), qkv.size(1), [&](int64_t begin, int64_t end) {
      back ? kernels.join_rotate_back(t, begin, end) : kernels.split_rotate(t, begin, end);
    });
  });
}

QueryKeyValue run_split_rotate(const Tensor& qkv, const Rotary& rotary, int64_t num_heads,
                               int64_t num_kv_heads) {
  const int64_t tokens = qkv.size(0), head_dim = qkv.size(1) / (num_heads + 2 * num_kv_heads);
  const auto rows = [&](int64_t heads) { return at::empty({tokens, heads, head_dim}, qkv.options()); };
  const QueryKeyValue parts{rows(num_heads), rows(num_kv_heads), rows(num_kv_heads)};
  run_rotary(qkv, parts, rotary, /*back=*/false);
  return parts;
}

class SplitRotateFunction : public torch::autograd::Function<SplitRotateFunction> {
 public:
  static variable_list forward(AutogradContext* context, const Tensor& qkv, const Tensor& cos,
                               const Tensor& sin, int64_t num_heads, int64_t num_kv_heads) {
    context->save_for_backward({cos, sin});
    const QueryKeyValue parts = run_split_rotate(qkv, {cos, sin}, num_heads, num_kv_heads);
    return {parts.q, parts.k, parts.v};
  }
  static variable_list backward(AutogradContext* context, variable_list grads) {
    const auto saved = context->get_saved_variables();
    const QueryKeyValue parts{grads[0].contiguous(), grads[1].contiguous(), grads[2].contiguous()};
    const int64_t heads = parts.q.size(1) + 2 * parts.k.size(1);
    const Tensor grad = at::empty({parts.q.size(0), heads * parts.q.size(2)}, parts.q.options());
    run_rotary(grad, parts, {saved[0], saved[1]}, /*back=*/true);
    return {grad, Tensor(), Tensor(), Tensor(), Tensor()};
  }
};

}  // namespace

Tensor transposed(const Tensor& x) {
  if (!has_row_kernels(x)) return x.t().contiguous();
  const Tensor from = x.detach().contiguous(), to = at::empty({x.size(1), x.size(0)}, x.options());
  const int64_t rows = x.size(0), columns = x.size(1);
  with_row_kernels(x, [&](const auto& kernels) {
    using T = Element<decltype(kernels)>;
    for_each_row_piece(columns, rows, [&](int64_t begin, int64_t end) {
      kernels.transpose(data_of<T>(from) + begin, columns, data_of<T>(to) + begin * rows, rows, rows,
                        end - begin);
    });
  });
  return to;
}

Tensor rms_norm_reference(const Tensor& x, const Tensor& weight, double eps) {
  const Tensor wide = x.to(at::kFloat);
  const Tensor scale = at::rsqrt(wide.square().mean(-1, /*keepdim=*/true) + eps);
  return (wide * scale).to(x.scalar_type()) * weight.to(x.scalar_type());
}

Tensor rms_norm(const Tensor& x, const Tensor& weight, double eps) {
  if (!has_row_kernels(x)) return rms_norm_reference(x, weight, eps);
  if (!at::GradMode::is_enabled()) return run_rms_norm(x.contiguous(), Tensor(), weight, eps).out;
  return RmsNormFunction::apply(x.contiguous(), weight, eps);
}

std::pair<Tensor, Tensor> add_rms_norm_reference(const Tensor& x, const Tensor& delta, const Tensor& weight,
                                                 double eps) {
  const Tensor sum = x + delta;
  return {sum, rms_norm_reference(sum, weight, eps)};
}

std::pair<Tensor, Tensor> add_rms_norm(const Tensor& x, const Tensor& delta, const Tensor& weight,
                                       double eps) {
  if (!has_row_kernels(x)) return add_rms_norm_reference(x, delta, weight, eps);
  if (!at::GradMode::is_enabled()) {
    const Normed made = run_rms_norm(x.contiguous(), delta.contiguous(), weight, eps);
    return {made.sum, made.out};
  }
  const auto made = AddRmsNormFunction::apply(x.contiguous(), delta.contiguous(), weight, eps);
  return {made[0], made[1]};
}

Tensor swiglu_reference(const Tensor& gate_up) {
  const auto halves = gate_up.chunk(2, /*dim=*/-1);
  return at::silu(halves[0]) * halves[1];
}

Tensor swiglu(const Tensor& gate_up) {
  if (!has_row_kernels(gate_up)) return swiglu_reference(gate_up);
  if (!at::GradMode::is_enabled()) return run_swiglu(gate_up.contiguous());
  return SwigluFunction::apply(gate_up.contiguous());
}

QueryKeyValue split_rotate_reference(const Tensor& qkv, const Rotary& rotary, int64_t num_heads,
                                     int64_t num_kv_heads) {
  const int64_t heads = num_heads + 2 * num_kv_heads;
  const auto parts = qkv.view({qkv.size(0), heads, qkv.size(1) / heads})
                         .split_with_sizes({num_heads, num_kv_heads, num_kv_heads}, /*dim=*/1);
  return {rotate(parts[0], rotary), rotate(parts[1], rotary), parts[2].contiguous()};
}

QueryKeyValue split_rotate(const Tensor& qkv, const Rotary& rotary, int64_t num_heads, int64_t num_kv_heads) {
  if (!has_row_kernels(qkv)) return split_rotate_reference(qkv, rotary, num_heads, num_kv_heads);
  if (!at::GradMode::is_enabled()) return run_split_rotate(qkv.contiguous(), rotary, num_heads, num_kv_heads);
  const auto parts =
      SplitRotateFunction::apply(qkv.contiguous(), rotary.cos, rotary.sin, num_heads, num_kv_heads);
  return {parts[0], parts[1], parts[2]};
}

}  // namespace selfreward
