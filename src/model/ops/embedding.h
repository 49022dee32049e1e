#pragma once
// Rows of the embedding matrix.
#include <torch/types.h>

namespace selfreward {

/// weight[ids]: weight [vocab, hidden], ids [tokens] -> [tokens, hidden] in weight's dtype. Differentiable in
/// the weight: rows of one token are summed in float32 and rounded once. `sparse_gradient` gives the gradient
/// only for rows that were looked up, to be added to one that exists (a tied embedding has the output's).
torch::Tensor embed(const torch::Tensor& weight, const torch::Tensor& ids, bool sparse_gradient);

}  // namespace selfreward
