#pragma once
// The fused operators as functions of tensors, and checks of their values and gradients.
#include <doctest/doctest.h>

#include "model/ops/fused_ops.h"

namespace selfreward {

using torch::Tensor;

inline Tensor random_tensor(at::IntArrayRef shape, torch::Dtype dtype, uint64_t seed) {
  return at::randn(shape, at::detail::createCPUGenerator(seed), at::TensorOptions(at::kFloat)).to(dtype);
}

/// Largest |a - b|, in units of the spacing of `dtype` at the largest magnitude of b.
inline double difference_in_ulps(const Tensor& a, const Tensor& b, torch::Dtype dtype) {
  const double epsilon = dtype == at::kFloat ? 0x1p-23 : 0x1p-8;
  const double difference = (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
  return difference / (epsilon * b.to(at::kDouble).abs().max().item<double>());
}

/// Outputs and gradients of all inputs under the same random output gradients.
inline std::vector<Tensor> run_with_gradients(
    const std::vector<Tensor>& inputs, const std::function<std::vector<Tensor>(std::vector<Tensor>)>& op) {
  std::vector<Tensor> leaves;
  for (const Tensor& input : inputs) leaves.push_back(input.clone().requires_grad_());
  std::vector<Tensor> results = op(leaves);
  Tensor loss = at::zeros({});
  for (size_t i = 0; i < results.size(); ++i)
    loss = loss +
           (results[i] * random_tensor(results[i].sizes(), results[i].scalar_type(), 77 + i)).sum(at::kFloat);
  loss.backward();
  for (const Tensor& leaf : leaves) results.push_back(leaf.grad());
  return results;
}

using Op = std::function<std::vector<Tensor>(std::vector<Tensor>)>;

inline void check_equal(const std::vector<Tensor>& inputs, const Op& op, const Op& reference,
                        torch::Dtype dtype) {
  const auto got = run_with_gradients(inputs, op), wanted = run_with_gradients(inputs, reference);
  REQUIRE(got.size() == wanted.size());
  for (size_t i = 0; i < got.size(); ++i) {
    CAPTURE(i);
    CHECK((got[i].scalar_type() == wanted[i].scalar_type()));
    CHECK(got[i].sizes() == wanted[i].sizes());
    CHECK(difference_in_ulps(got[i], wanted[i], dtype) < (dtype == at::kFloat ? 16 : 2));
  }
}

/// d(sum of op * fixed weights) along a random direction, by central differences of a float64 reference.
inline void check_slope(const std::vector<Tensor>& inputs, const Op& op, const Op& reference) {
  const auto made = run_with_gradients(inputs, op);
  const size_t outputs = made.size() - inputs.size();
  const auto loss = [&](double step) {
    std::vector<Tensor> moved;
    for (size_t i = 0; i < inputs.size(); ++i)
      moved.push_back(inputs[i].to(at::kDouble) +
                      step * random_tensor(inputs[i].sizes(), at::kDouble, 900 + i));
    const auto results = reference(moved);
    double total = 0;
    for (size_t i = 0; i < results.size(); ++i)
      total += (results[i] * random_tensor(results[i].sizes(), at::kDouble, 77 + i)).sum().item<double>();
    return total;
  };
  double slope = 0;
  for (size_t i = 0; i < inputs.size(); ++i)
    slope += (made[outputs + i].to(at::kDouble) * random_tensor(inputs[i].sizes(), at::kDouble, 900 + i))
                 .sum()
                 .item<double>();
  CHECK(slope == doctest::Approx((loss(1e-5) - loss(-1e-5)) / 2e-5).epsilon(1e-4));
}

/// Angles of the first `rotary_dim` dims, cosines and sines times 1.2.
inline Rotary partial_rotary(int64_t tokens, int64_t rotary_dim, double factor = 1.2) {
  const Tensor exponents = at::arange(0, rotary_dim, 2).to(at::kFloat) / static_cast<double>(rotary_dim);
  return rotary(at::arange(tokens) * 3, at::pow(10000.0, -exponents), factor);
}

inline Rotary test_rotary(int64_t tokens, int64_t head_dim) {
  return partial_rotary(tokens, head_dim, 1.0);
}

inline const Op kSwiglu = [](auto in) { return std::vector{swiglu(in[0])}; };
inline const Op kGeglu = [](auto in) { return std::vector{geglu(in[0])}; };
inline constexpr NormKind kNormKinds[] = {NormKind::kLlama, NormKind::kOlmo, NormKind::kGemma};
inline Op norm_op(NormKind kind) {
  return [=](auto in) { return std::vector{rms_norm(in[0], in[1], 1e-5, kind)}; };
}
inline Op add_norm_op(NormKind kind) {
  return [=](auto in) {
    const auto [sum, normed] = add_rms_norm(in[0], in[1], in[2], 1e-5, kind);
    return std::vector{sum, normed};
  };
}
inline Op split_op(const Rotary& angles) {
  return [=](auto in) {
    const auto [q, k, v] = split_rotate(in[0], angles, 4, 2);
    return std::vector{q, k, v};
  };
}
/// {qkv, q_weight, k_weight} -> {q, k, v}, by `split` of 4 heads and 2 key/value heads.
inline Op head_norms_op(const Rotary& angles, NormKind kind, decltype(&split_rotate) split) {
  return [=](auto in) {
    const auto [q, k, v] = split(in[0], angles, 4, 2, {in[1], in[2], 1e-5, kind});
    return std::vector{q, k, v};
  };
}

}  // namespace selfreward
