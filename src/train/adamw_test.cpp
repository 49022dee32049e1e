#include "train/adamw.h"

#include <doctest/doctest.h>

using namespace selfreward;
using torch::Tensor;

namespace {

struct State {
  Tensor high, low;
  AdamWMoments moments;
};

State start(const Tensor& weight) {
  const SplitWeight parts = split_weight(weight);
  return {parts.high, parts.low, {at::zeros_like(weight), at::zeros_like(weight)}};
}

/// `high` is the bfloat16 nearest to the joined weight; in the middle of two it is the one away from zero.
void check_rounding(const Tensor& high, const Tensor& low) {
  const Tensor joined = join_weight(high, low);
  CHECK(at::equal(at::where(low == INT16_MIN, joined.to(at::kBFloat16), high), joined.to(at::kBFloat16)));
  CHECK(at::where(low == INT16_MIN, high.abs() > joined.abs(), at::ones_like(low, at::kBool))
            .all()
            .item<bool>());
}

AdamWStep step_number(int64_t count) {
  return {1e-3, 0.9, 0.999, 1e-8, 0.1, 0.5, count};
}

}  // namespace

TEST_CASE("a split weight joins to the very bits, and its high part is the nearest bfloat16") {
  at::manual_seed(1);
  const Tensor weight = at::cat({at::randn({1000}) * at::pow(10, at::randint(-20, 20, {1000})),
                                 torch::tensor({0.0f, -0.0f, 1.0f, 1e-38f, -3e38f, 1.00390625f,
                                                -1.01171875f})});  // the last two lie in the middle
  const SplitWeight parts = split_weight(weight);
  CHECK(at::equal(join_weight(parts.high, parts.low).view(at::kInt), weight.view(at::kInt)));
  check_rounding(parts.high, parts.low);
}

TEST_CASE("steps of a split weight are AdamW's in float32") {
  at::manual_seed(2);
  const Tensor weight = at::randn({3, 70001}) * 0.02;
  State ours = start(weight);
  const Tensor plain = weight.clone();
  const AdamWMoments moments{at::zeros_like(weight), at::zeros_like(weight)};
  for (int64_t count = 1; count <= 5; ++count) {
    Tensor grad = at::randn_like(weight).to(at::kBFloat16);
    if (count == 1) grad.select(0, 0).zero_();       // moments of zero
    if (count == 4) grad = grad.to(at::kFloat) / 3;  // as after several micro-batches
    adamw_step(ours.high, ours.low, ours.moments, grad, step_number(count));
    adamw_step_reference(plain, {}, moments, grad, step_number(count));
  }
  const Tensor made = join_weight(ours.high, ours.low);
  CHECK(at::allclose(made, plain, 1e-6, 2e-7));
  CHECK(at::allclose(ours.moments.exp_avg, moments.exp_avg, 1e-5, 1e-6));
  CHECK(at::allclose(ours.moments.exp_avg_sq, moments.exp_avg_sq, 1e-5, 1e-6));
  check_rounding(ours.high, ours.low);
}

TEST_CASE("a step smaller than bfloat16 can tell is not lost") {
  State state = start(at::ones({64}));
  for (int64_t count = 1; count <= 10; ++count)
    adamw_step(state.high, state.low, state.moments, at::ones({64}, at::kBFloat16),
               {1e-4, 0.9, 0.999, 1e-8, 0, 1, count});
  CHECK(at::equal(state.high, at::ones({64}, at::kBFloat16)));
  CHECK(at::allclose(join_weight(state.high, state.low), at::full({64}, 0.999f), 0, 1e-5));
}

TEST_CASE("the path of other devices makes the same of a split weight") {
  at::manual_seed(3);
  const Tensor weight = at::randn({257}), grad = at::randn({257}).to(at::kBFloat16);
  State ours = start(weight), reference = start(weight);
  adamw_step(ours.high, ours.low, ours.moments, grad, step_number(1));
  adamw_step_reference(reference.high, reference.low, reference.moments, grad, step_number(1));
  CHECK(
      at::allclose(join_weight(ours.high, ours.low), join_weight(reference.high, reference.low), 1e-6, 1e-8));
}

TEST_CASE("the sum of squares is that of float64, for both types") {
  at::manual_seed(4);
  for (const auto type : {at::kFloat, at::kBFloat16}) {
    const Tensor x = at::randn({200003}).to(type);
    const double wanted = x.to(at::kDouble).square().sum().item<double>();
    CHECK(sum_of_squares(x) == doctest::Approx(wanted).epsilon(1e-5));
  }
  CHECK(!std::isfinite(sum_of_squares(torch::tensor({1.0f, std::numeric_limits<float>::infinity()}))));
}
