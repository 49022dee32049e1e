#pragma once
// What the norms of fused_norms.cpp and fused_head_norms.cpp share; fused_ops.h is the interface.
#include <torch/csrc/autograd/custom_function.h>

#include "model/ops/fused_ops.h"
#include "model/ops/row_views.h"

namespace selfreward {

/// What a norm multiplies with: the weight as `type` has it, in float32. [hidden]
inline torch::Tensor norm_factors(const torch::Tensor& weight, at::ScalarType type, NormKind kind) {
  const torch::Tensor factors = weight.detach().to(type).to(at::kFloat).contiguous();
  return kind == NormKind::kGemma ? 1 + factors : factors;
}

inline bool rounds_first(NormKind kind) {
  return kind == NormKind::kLlama;
}

/// A weight's gradient is summed in parts of the rows, so that the order is one whatever the threads.
constexpr int64_t kNormParts = 16;

/// Calls task(begin, end, part of the weight's gradient) for kNormParts parts of `rows` rows; parts
/// [kNormParts, hidden] float32.
template <typename Task>
void for_each_norm_part(int64_t rows, const torch::Tensor& parts, const Task& task) {
  const int64_t part = (rows + kNormParts - 1) / kNormParts;
  at::parallel_for(0, kNormParts, /*grain_size=*/1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      task(std::min(rows, i * part), std::min(rows, (i + 1) * part),
           data_of<float>(parts) + i * parts.size(1));
  });
}

inline void save_kind(torch::autograd::AutogradContext* context, NormKind kind) {
  context->saved_data["kind"] = static_cast<int64_t>(kind);
}
inline NormKind saved_kind(torch::autograd::AutogradContext* context) {
  return static_cast<NormKind>(context->saved_data["kind"].toInt());
}

}  // namespace selfreward
