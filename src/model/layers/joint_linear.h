#pragma once
// Several matrices of a checkpoint (q, k and v; gate and up) as one product, in the compute dtype.
#include <torch/types.h>

#include <functional>
#include <optional>
#include <vector>

#include "model/layers/linear.h"
#include "model/ops/dropout.h"
#include "model/ops/packed_product.h"

namespace selfreward {

/// What a product's input was made from and how: where it is cheap to make again, the backward pass does that
/// and nothing but the source is kept.
struct Origin {
  torch::Tensor source;
  std::function<torch::Tensor(const torch::Tensor& source)> make;
};

/// y = x [W_1; W_2; ...]^T + [b_1; b_2; ...]. Parameters of any dtype stay where they are; what is multiplied
/// is a joint copy in the compute dtype that is made again only when a parameter has changed. After join()
/// there is no copy.
class JointLinear {
 public:
  /// Matrices with the same number of columns; all of them have a bias, or none.
  JointLinear(std::vector<std::shared_ptr<Linear>> parts, torch::Dtype compute);

  /// The matrices, from top to bottom.
  const std::vector<std::shared_ptr<Linear>>& parts() const { return parts_; }

  /// x [tokens, in] in the compute dtype -> [tokens, sum of out_i]. Differentiable in x and the weights,
  /// whose gradients have the weights' own dtype. With an origin, x must be origin.make(origin.source).
  /// Frozen weights get none. Parts with an adapter add its product (linear.h).
  torch::Tensor forward(const torch::Tensor& x, const Origin& origin = {}, Dropout* dropout = nullptr) const;

  /// Makes the parameters rows of one matrix of the compute dtype, for training: until one of them is given
  /// other data, products read them where they are.
  void join();

  /// Lays the weights out for many products without gradients (on a CPU), with the adapters merged into
  /// them, until unpack().
  void pack();
  void unpack() { packed_.reset(); }

 private:
  const torch::Tensor& joint() const;
  std::vector<torch::Tensor> weights() const;
  torch::Tensor in_one(bool with_adapters) const;  // the weights in the compute dtype, one below the other
  bool joined() const;
  torch::Tensor product(const torch::Tensor& x, const Origin& origin) const;
  torch::Tensor bias() const;  // [sum of out_i] in the compute dtype
  bool has_adapter() const;
  torch::Tensor adapters(const torch::Tensor& x, Dropout* dropout) const;  // [tokens, sum of out_i]

  std::vector<std::shared_ptr<Linear>> parts_;
  torch::Dtype compute_;
  std::optional<PackedWeights> packed_;
  mutable torch::Tensor joint_;                                   // [sum of out_i, in]
  mutable std::vector<std::pair<const void*, int64_t>> made_of_;  // data and version of each weight
};

}  // namespace selfreward
