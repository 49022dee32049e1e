#include "model/ops/fused_ops.h"

#include <torch/csrc/autograd/custom_function.h>

#include "model/ops/row_views.h"

namespace selfreward {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

enum class Gate { kSilu, kGeluTanh };

template <Gate kGate>
Tensor run_gated(const Tensor& gate_up) {
  const int64_t tokens = gate_up.size(0), width = gate_up.size(1) / 2;
  const Tensor out = at::empty({tokens, width}, gate_up.options());
  with_row_kernels(gate_up, [&](const auto& kernels) {
    using T = Element<decltype(kernels)>;
    const auto kernel = kGate == Gate::kSilu ? kernels.swiglu : kernels.geglu;
    for_each_row_piece(tokens, width, [&](int64_t begin, int64_t end) {
      kernel(data_of<T>(gate_up), data_of<T>(out), width, begin, end);
    });
  });
  return out;
}

template <Gate kGate>
Tensor run_gated_backward(const Tensor& gate_up, const Tensor& grad) {
  const Tensor grad_gate_up = at::empty_like(gate_up);
  const int64_t width = grad.size(1);
  with_row_kernels(gate_up, [&](const auto& kernels) {
    using T = Element<decltype(kernels)>;
    const auto kernel = kGate == Gate::kSilu ? kernels.swiglu_backward : kernels.geglu_backward;
    for_each_row_piece(grad.size(0), width, [&](int64_t begin, int64_t end) {
      kernel(data_of<T>(gate_up), data_of<T>(grad), data_of<T>(grad_gate_up), width, begin, end);
    });
  });
  return grad_gate_up;
}

template <Gate kGate>
class GatedFunction : public torch::autograd::Function<GatedFunction<kGate>> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& gate_up) {
    context->save_for_backward({gate_up});
    return run_gated<kGate>(gate_up);
  }
  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    return {run_gated_backward<kGate>(context->get_saved_variables()[0], grads[0].contiguous())};
  }
};

template <Gate kGate>
Tensor gated(const Tensor& gate_up) {
  if (!at::GradMode::is_enabled()) return run_gated<kGate>(gate_up.contiguous());
  return GatedFunction<kGate>::apply(gate_up.contiguous());
}

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
                          parts.q.size(2),
                          rotary.rotary_dim()};
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
  static variable_list forward(AutogradContext* context, const Tensor& qkv, const Rotary& rotary,
                               int64_t num_heads, int64_t num_kv_heads) {
    context->save_for_backward({rotary.cos, rotary.sin});
    const QueryKeyValue parts = run_split_rotate(qkv, rotary, num_heads, num_kv_heads);
    return {parts.q, parts.k, parts.v};
  }
  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const auto saved = context->get_saved_variables();
    const QueryKeyValue parts{grads[0].contiguous(), grads[1].contiguous(), grads[2].contiguous()};
    const int64_t heads = parts.q.size(1) + 2 * parts.k.size(1);
    const Tensor grad = at::empty({parts.q.size(0), heads * parts.q.size(2)}, parts.q.options());
    run_rotary(grad, parts, {saved[0], saved[1]}, /*back=*/true);
    return {grad, Tensor(), Tensor(), Tensor()};
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

Tensor swiglu_reference(const Tensor& gate_up) {
  const auto halves = gate_up.chunk(2, /*dim=*/-1);
  return at::silu(halves[0]) * halves[1];
}

Tensor swiglu(const Tensor& gate_up) {
  return has_row_kernels(gate_up) ? gated<Gate::kSilu>(gate_up) : swiglu_reference(gate_up);
}

Tensor geglu_reference(const Tensor& gate_up) {
  const auto halves = gate_up.chunk(2, /*dim=*/-1);
  return at::gelu(halves[0], "tanh") * halves[1];
}

Tensor geglu(const Tensor& gate_up) {
  return has_row_kernels(gate_up) ? gated<Gate::kGeluTanh>(gate_up) : geglu_reference(gate_up);
}

QueryKeyValue split_rotate_reference(const Tensor& qkv, const Rotary& rotary, int64_t num_heads,
                                     int64_t num_kv_heads, const HeadNorms& norms) {
  const auto normed = [&](const Tensor& x, const Tensor& weight) {
    if (!weight.defined()) return x;
    const Tensor rows = x.reshape({x.size(0), -1, weight.numel()});
    return rms_norm_reference(rows, weight, norms.eps, norms.kind).view(x.sizes());
  };
  const int64_t heads = num_heads + 2 * num_kv_heads;
  const auto parts = qkv.view({qkv.size(0), heads, qkv.size(1) / heads})
                         .split_with_sizes({num_heads, num_kv_heads, num_kv_heads}, /*dim=*/1);
  return {rotate(normed(parts[0], norms.q_weight), rotary).contiguous(),
          rotate(normed(parts[1], norms.k_weight), rotary).contiguous(), parts[2].contiguous()};
}

QueryKeyValue split_rotate(const Tensor& qkv, const Rotary& rotary, int64_t num_heads, int64_t num_kv_heads,
                           const HeadNorms& norms) {
  if (!has_row_kernels(qkv)) return split_rotate_reference(qkv, rotary, num_heads, num_kv_heads, norms);
  Tensor joint = qkv.contiguous();
  if (norms.q_weight.defined()) joint = norm_heads(joint, num_heads, num_kv_heads, norms);
  if (!at::GradMode::is_enabled()) return run_split_rotate(joint, rotary, num_heads, num_kv_heads);
  const auto parts = SplitRotateFunction::apply(joint, rotary, num_heads, num_kv_heads);
  return {parts[0], parts[1], parts[2]};
}

}  // namespace selfreward
