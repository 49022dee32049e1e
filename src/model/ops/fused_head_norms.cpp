// Norms of q and k where they lie in a joint product: norm_heads of fused_ops.h.
#include <array>
#include <cstring>

#include "base/error.h"
#include "model/ops/fused_norms.h"

namespace selfreward {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// The heads of q, or of k, in every token's row of a joint product, as the rows that a norm sees.
struct HeadRows {
  int64_t offset, count, hidden;  // `count` rows of `hidden` numbers from `offset` on
  Tensor factors;                 // [hidden]
  Tensor scale;                   // [tokens, count] float32
};

struct JointHeads {
  std::array<HeadRows, 2> parts;  // q, k
  int64_t rest;                   // where v begins, which is not normed
};

JointHeads joint_heads(const Tensor& qkv, int64_t num_heads, int64_t num_kv_heads, const HeadNorms& norms) {
  const int64_t head_dim = qkv.size(1) / (num_heads + 2 * num_kv_heads);
  const int64_t q_size = num_heads * head_dim, k_size = num_kv_heads * head_dim;
  const auto rows = [&](int64_t offset, int64_t size, const Tensor& weight) {
    const int64_t hidden = weight.numel();
    return HeadRows{offset, size / hidden, hidden, norm_factors(weight, qkv.scalar_type(), norms.kind), {}};
  };
  return {{rows(0, q_size, norms.q_weight), rows(q_size, k_size, norms.k_weight)}, q_size + k_size};
}

/// Norms the rows of one token.
template <typename T>
void norm_token(const RowKernels<T>& kernels, const HeadRows& rows, const HeadNorms& norms, int64_t token,
                const T* from, T* to) {
  const RmsNormForward<T> t{from + rows.offset,
                            nullptr,
                            data_of<float>(rows.factors),
                            nullptr,
                            to + rows.offset,
                            data_of<float>(rows.scale) + token * rows.count,
                            rows.hidden,
                            static_cast<float>(norms.eps),
                            rounds_first(norms.kind)};
  kernels.rms_norm(t, 0, rows.count);
}

/// Makes the scales too.
Tensor run_norm_heads(const Tensor& qkv, JointHeads& heads, const HeadNorms& norms) {
  const Tensor out = at::empty_like(qkv);
  const int64_t width = qkv.size(1), tokens = qkv.size(0), v_size = width - heads.rest;
  for (HeadRows& rows : heads.parts)
    rows.scale = at::empty({tokens, rows.count}, qkv.options().dtype(at::kFloat));
  with_row_kernels(qkv, [&](const auto& kernels) {
    using T = Element<decltype(kernels)>;
    for_each_row_piece(tokens, width, [&](int64_t begin, int64_t end) {
      for (int64_t token = begin; token < end; ++token) {
        const T* from = data_of<T>(qkv) + token * width;
        T* to = data_of<T>(out) + token * width;
        for (const HeadRows& rows : heads.parts) norm_token(kernels, rows, norms, token, from, to);
        std::memcpy(to + heads.rest, from + heads.rest, static_cast<size_t>(v_size) * sizeof(T));
      }
    });
  });
  return out;
}

/// Writes the gradient of these rows into grad_qkv. -> the weight's gradient [hidden] float32
Tensor norm_heads_backward(const Tensor& qkv, const HeadRows& rows, NormKind kind, const Tensor& grad_out,
                           const Tensor& grad_qkv) {
  const Tensor sums = at::zeros({kNormParts, rows.hidden}, rows.scale.options());
  with_row_kernels(qkv, [&](const auto& kernels) {
    using T = Element<decltype(kernels)>;
    for_each_norm_part(qkv.size(0), sums, [&](int64_t begin, int64_t end, float* grad_weight) {
      for (int64_t token = begin; token < end; ++token) {
        const int64_t at = token * qkv.size(1) + rows.offset;
        const RmsNormBackward<T> t{data_of<T>(qkv) + at,
                                   data_of<float>(rows.factors),
                                   data_of<float>(rows.scale) + token * rows.count,
                                   data_of<T>(grad_out) + at,
                                   nullptr,
                                   data_of<T>(grad_qkv) + at,
                                   rows.hidden,
                                   rounds_first(kind)};
        kernels.rms_norm_backward(t, 0, rows.count, grad_weight);
      }
    });
  });
  return sums.sum(0);
}

class NormHeads : public torch::autograd::Function<NormHeads> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& qkv, const Tensor& q_weight,
                        const Tensor& k_weight, int64_t num_heads, int64_t num_kv_heads,
                        const HeadNorms& norms) {
    JointHeads heads = joint_heads(qkv, num_heads, num_kv_heads, norms);
    const Tensor out = run_norm_heads(qkv, heads, norms);
    context->save_for_backward({qkv, q_weight, k_weight, heads.parts[0].scale, heads.parts[1].scale});
    save_kind(context, norms.kind);
    context->saved_data["num_heads"] = num_heads;
    context->saved_data["num_kv_heads"] = num_kv_heads;
    return out;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const auto saved = context->get_saved_variables();
    const Tensor &qkv = saved[0], grad_out = grads[0].contiguous(), grad_qkv = at::empty_like(qkv);
    const NormKind kind = saved_kind(context);
    JointHeads heads =
        joint_heads(qkv, context->saved_data["num_heads"].toInt(),
                    context->saved_data["num_kv_heads"].toInt(), {saved[1], saved[2], 0, kind});
    const int64_t v_size = qkv.size(1) - heads.rest;
    grad_qkv.narrow(1, heads.rest, v_size).copy_(grad_out.narrow(1, heads.rest, v_size));
    variable_list made{grad_qkv};
    for (size_t i = 0; i < 2; ++i) {
      heads.parts[i].scale = saved[3 + i];
      const Tensor grad = norm_heads_backward(qkv, heads.parts[i], kind, grad_out, grad_qkv);
      made.push_back(grad.to(saved[1 + i].scalar_type()));
    }
    made.resize(6);  // what is no tensor has no gradient
    return made;
  }
};

void check_size(const Tensor& weight, int64_t heads, int64_t head_dim) {
  const int64_t size = weight.defined() ? weight.numel() : 0;
  check(size == head_dim || size == heads * head_dim, "[norm_heads] a norm of q or k has a weight of ", size,
        " numbers, expected ", head_dim, " (for a head) or ", heads * head_dim, " (for all heads)");
}

}  // namespace

Tensor norm_heads(const Tensor& qkv, int64_t num_heads, int64_t num_kv_heads, const HeadNorms& norms) {
  const int64_t head_dim = qkv.size(1) / (num_heads + 2 * num_kv_heads);
  check_size(norms.q_weight, num_heads, head_dim);
  check_size(norms.k_weight, num_kv_heads, head_dim);
  if (at::GradMode::is_enabled())
    return NormHeads::apply(qkv, norms.q_weight, norms.k_weight, num_heads, num_kv_heads, norms);
  JointHeads heads = joint_heads(qkv, num_heads, num_kv_heads, norms);
  return run_norm_heads(qkv, heads, norms);
}

}  // namespace selfreward
