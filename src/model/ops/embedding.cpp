#include "model/ops/embedding.h"

#include <torch/csrc/autograd/custom_function.h>

namespace selfreward {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

class EmbedFunction : public torch::autograd::Function<EmbedFunction> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& weight, const Tensor& ids,
                        bool sparse_gradient) {
    context->save_for_backward({weight, ids});
    context->saved_data["sparse"] = sparse_gradient;
    return weight.index_select(0, ids);
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const auto saved = context->get_saved_variables();
    const Tensor &weight = saved[0], &ids = saved[1];
    const auto [rows, row_of_token, counts] = at::_unique2(ids, /*sorted=*/true, /*return_inverse=*/true);
    const auto sums = at::zeros({rows.size(0), weight.size(1)}, weight.options().dtype(at::kFloat))
                          .index_add_(0, row_of_token, grads[0].to(at::kFloat))
                          .to(weight.scalar_type());
    if (!context->saved_data["sparse"].toBool())
      return {at::zeros_like(weight).index_copy_(0, rows, sums), Tensor(), Tensor()};
    return {at::sparse_coo_tensor(rows.unsqueeze(0), sums, weight.sizes(), sums.options().layout(at::kSparse),
                                  /*is_coalesced=*/true),
            Tensor(), Tensor()};
  }
};

}  // namespace

Tensor embed(const Tensor& weight, const Tensor& ids, bool sparse_gradient) {
  if (!at::GradMode::is_enabled()) return weight.index_select(0, ids);
  return EmbedFunction::apply(weight, ids, sparse_gradient);
}

}  // namespace selfreward
