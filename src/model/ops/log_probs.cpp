#include "model/ops/log_probs.h"

#include <torch/csrc/autograd/custom_function.h>

#include "model/ops/row_views.h"
#include "model/ops/vocab_chunks.h"
#include "model/ops/vocab_limits.h"

namespace selfreward {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kReferenceFloats = 1 << 24;  // 64 MiB of float32 logits at once

/// Calls visit(first row, rows) for chunks of rows whose logits fit kReferenceFloats.
template <typename Visit>
void for_each_chunk(int64_t rows, int64_t vocab, Visit visit) {
  const int64_t chunk = std::max<int64_t>(1, kReferenceFloats / vocab);
  for (int64_t first = 0; first < rows; first += chunk) visit(first, std::min(chunk, rows - first));
}

Tensor capped(const Tensor& logits, double softcap) {
  return softcap > 0 ? softcap * at::tanh(logits / softcap) : logits;
}

class ReferenceFunction : public torch::autograd::Function<ReferenceFunction> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& hidden, const Tensor& weight,
                        const Tensor& targets, double softcap) {
    const Tensor cast = weight.to(hidden.scalar_type());
    const Tensor lse = at::empty({hidden.size(0)}, hidden.options().dtype(at::kFloat));
    const Tensor picked = at::empty_like(lse);
    for_each_chunk(hidden.size(0), weight.size(0), [&](int64_t first, int64_t rows) {
      const Tensor logits = capped(at::linear(hidden.narrow(0, first, rows), cast).to(at::kFloat), softcap);
      lse.narrow(0, first, rows).copy_(logits.logsumexp(-1));
      picked.narrow(0, first, rows)
          .copy_(logits.gather(1, targets.narrow(0, first, rows).unsqueeze(1)).squeeze(1));
    });
    context->save_for_backward({hidden, weight, targets, lse});
    context->saved_data["softcap"] = softcap;
    return picked - lse;
  }

  /// d log p(target) / d logits = onehot(target) - softmax(logits), of capped logits times
  /// 1 - (logits / softcap)^2.
  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const auto saved = context->get_saved_variables();
    const Tensor &hidden = saved[0], &weight = saved[1], &targets = saved[2], &lse = saved[3];
    const double softcap = context->saved_data["softcap"].toDouble();
    const Tensor grad = grads[0].to(at::kFloat).unsqueeze(1);
    const Tensor cast = weight.to(hidden.scalar_type());
    const Tensor grad_hidden = at::empty_like(hidden);
    Tensor grad_weight = at::zeros(weight.sizes(), weight.options().dtype(at::kFloat));
    for_each_chunk(hidden.size(0), weight.size(0), [&](int64_t first, int64_t rows) {
      const Tensor h = hidden.narrow(0, first, rows), g = grad.narrow(0, first, rows);
      const Tensor logits = capped(at::linear(h, cast).to(at::kFloat), softcap);
      const Tensor delta = (logits - lse.narrow(0, first, rows).unsqueeze(1)).exp_().mul_(-g);
      delta.scatter_add_(1, targets.narrow(0, first, rows).unsqueeze(1), g);
      if (softcap > 0) delta.mul_(1 - (logits / softcap).square());
      const Tensor low = delta.to(hidden.scalar_type());
      grad_hidden.narrow(0, first, rows).copy_(at::matmul(low, cast));
      grad_weight.add_(at::matmul(low.t(), h));
    });
    return {grad_hidden, grad_weight.to(weight.scalar_type()), Tensor(), Tensor()};
  }
};

struct Holder : torch::CustomClassHolder {
  explicit Holder(VocabLogProbs held) : value(std::move(held)) {}
  VocabLogProbs value;
};

class ChunkedFunction : public torch::autograd::Function<ChunkedFunction> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& hidden, const Tensor& weight,
                        const Tensor& targets, double softcap) {
    auto held =
        c10::make_intrusive<Holder>(VocabLogProbs(hidden, weight.to(hidden.scalar_type()), targets, softcap));
    const Tensor log_probs = held->value.log_probs(kKeptLogitBytes);
    context->save_for_backward({hidden, weight});  // so that a change of either before backward is noticed
    context->saved_data["log_probs"] = c10::IValue::make_capsule(held);
    return log_probs;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const auto saved = context->get_saved_variables();
    const auto held = context->saved_data["log_probs"].toCapsule();
    const Tensor& weight = saved[1];
    auto made = static_cast<Holder&>(*held).value.gradients(
        grads[0].to(at::kFloat).contiguous(),
        weight.requires_grad() ? std::optional(weight.scalar_type()) : std::nullopt);
    return {made.hidden, made.weight, Tensor(), Tensor()};
  }
};

}  // namespace

Tensor token_log_probs_reference(const Tensor& hidden, const Tensor& weight, const Tensor& targets,
                                 double softcap) {
  return ReferenceFunction::apply(hidden, weight, targets, softcap);
}

Tensor token_log_probs(const Tensor& hidden, const Tensor& weight, const Tensor& targets, double softcap) {
  if (!has_row_kernels(hidden) || hidden.size(0) == 0)
    return token_log_probs_reference(hidden, weight, targets, softcap);
  if (at::GradMode::is_enabled()) return ChunkedFunction::apply(hidden, weight, targets, softcap);
  return VocabLogProbs(hidden, weight.to(hidden.scalar_type()), targets, softcap).log_probs(/*keep_bytes=*/0);
}

Tensor softcapped(const Tensor& logits, double softcap) {
  if (at::GradMode::is_enabled() || !has_row_kernels(logits))
    return capped(logits.to(at::kFloat), softcap).to(logits.scalar_type());
  const Tensor made = logits.clone(at::MemoryFormat::Contiguous);
  with_row_kernels(made, [&](const auto& kernels) {
    using T = Element<decltype(kernels)>;
    at::parallel_for(0, made.numel(), /*grain_size=*/1 << 14, [&](int64_t begin, int64_t end) {
      kernels.softcap(data_of<T>(made) + begin, end - begin, static_cast<float>(softcap));
    });
  });
  return made;
}

}  // namespace selfreward
