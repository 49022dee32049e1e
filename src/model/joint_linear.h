#pragma once
// Several matrices of a checkpoint (q, k and v; gate and up) as one product, in the compute dtype.
#include <torch/types.h>

#include <vector>

namespace selfreward {

/// y = x [W_1; W_2; ...]^T. The parameters stay where they are, in the dtype they have; what is multiplied is
/// a joint copy in the compute dtype that is made again only when a parameter has changed.
class JointLinear {
 public:
  /// weights[i] [out_i, in], all with the same `in`.
  JointLinear(std::vector<torch::Tensor> weights, torch::Dtype compute)
      : weights_(std::move(weights)), compute_(compute) {}

  /// x [tokens, in] in the compute dtype -> [tokens, sum of out_i]. Differentiable in x and the weights,
  /// whose gradients have the weights' own dtype.
  torch::Tensor forward(const torch::Tensor& x) const;

  /// Lays the weights out for many products without gradients (oneDNN's blocks on a CPU), until unpack().
  void pack();
  void unpack() { packed_ = torch::Tensor(); }

 private:
  const torch::Tensor& joint() const;

  std::vector<torch::Tensor> weights_;
  torch::Dtype compute_;
  torch::Tensor packed_;
  mutable torch::Tensor joint_;                                   // [sum of out_i, in]
  mutable std::vector<std::pair<const void*, int64_t>> made_of_;  // data and version of each weight
};

}  // namespace selfreward
