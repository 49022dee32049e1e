#include "model/ops/fused_ops.h"

#include <ATen/Parallel.h>
#include <doctest/doctest.h>

#include "base/error.h"
#include "model/kernels/rows/kernels.h"

using namespace selfreward;
using torch::Tensor;

namespace {

Tensor random_tensor(at::IntArrayRef shape, torch::Dtype dtype, uint64_t seed) {
  return at::randn(shape, at::detail::createCPUGenerator(seed), at::TensorOptions(at::kFloat)).to(dtype);
}

/// Largest |a - b|, in units of the spacing of `dtype` at the largest magnitude of b.
double difference_in_ulps(const Tensor& a, const Tensor& b, torch::Dtype dtype) {
  const double epsilon = dtype == at::kFloat ? 0x1p-23 : 0x1p-8;
  const double difference = (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
  return difference / (epsilon * b.to(at::kDouble).abs().max().item<double>());
}

/// Outputs and gradients of all inputs under the same random output gradients.
std::vector<Tensor> run_with_gradients(const std::vector<Tensor>& inputs,
                                       const std::function<std::vector<Tensor>(std::vector<Tensor>)>& op) {
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

void check_equal(const std::vector<Tensor>& inputs, const Op& op, const Op& reference, torch::Dtype dtype) {
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
void check_slope(const std::vector<Tensor>& inputs, const Op& op, const Op& reference) {
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
Rotary partial_rotary(int64_t tokens, int64_t rotary_dim, double factor = 1.2) {
  const Tensor exponents = at::arange(0, rotary_dim, 2).to(at::kFloat) / static_cast<double>(rotary_dim);
  return rotary(at::arange(tokens) * 3, at::pow(10000.0, -exponents), factor);
}

Rotary test_rotary(int64_t tokens, int64_t head_dim) {
  return partial_rotary(tokens, head_dim, 1.0);
}

const Op kSwiglu = [](auto in) { return std::vector{swiglu(in[0])}; };
const Op kGeglu = [](auto in) { return std::vector{geglu(in[0])}; };
constexpr NormKind kNormKinds[] = {NormKind::kLlama, NormKind::kOlmo, NormKind::kGemma};
Op norm_op(NormKind kind) {
  return [=](auto in) { return std::vector{rms_norm(in[0], in[1], 1e-5, kind)}; };
}
Op add_norm_op(NormKind kind) {
  return [=](auto in) {
    const auto [sum, normed] = add_rms_norm(in[0], in[1], in[2], 1e-5, kind);
    return std::vector{sum, normed};
  };
}
Op split_op(const Rotary& angles) {
  return [=](auto in) {
    const auto [q, k, v] = split_rotate(in[0], angles, 4, 2);
    return std::vector{q, k, v};
  };
}
/// {qkv, q_weight, k_weight} -> {q, k, v}, by `split` of 4 heads and 2 key/value heads.
Op head_norms_op(const Rotary& angles, NormKind kind, decltype(&split_rotate) split) {
  return [=](auto in) {
    const auto [q, k, v] = split(in[0], angles, 4, 2, {in[1], in[2], 1e-5, kind});
    return std::vector{q, k, v};
  };
}

}  // namespace

TEST_CASE("fused operators equal the plain ones in values and gradients, in both precisions") {
  for (const auto dtype : {at::kFloat, at::kBFloat16})
    for (const int64_t tokens : {1, 7, 53})
      for (const int64_t width : {6, 40, 96}) {
        CAPTURE(tokens);
        CAPTURE(width);
        const Tensor x = random_tensor({tokens, width}, dtype, 1),
                     delta = random_tensor({tokens, width}, dtype, 2);
        const Tensor weight = random_tensor({width}, at::kFloat, 3) + 1;
        for (const NormKind kind : kNormKinds) {
          const Op norm = [=](auto in) { return std::vector{rms_norm_reference(in[0], in[1], 1e-5, kind)}; };
          check_equal({x, weight}, norm_op(kind), norm, dtype);
          check_equal({x, weight.to(dtype)}, norm_op(kind), norm, dtype);
          check_equal(
              {x, delta, weight}, add_norm_op(kind),
              [=](auto in) {
                const auto [sum, normed] = add_rms_norm_reference(in[0], in[1], in[2], 1e-5, kind);
                return std::vector{sum, normed};
              },
              dtype);
        }
        const Tensor gate_up = 3 * random_tensor({tokens, 2 * width}, dtype, 4);
        check_equal(
            {gate_up}, kSwiglu, [](auto in) { return std::vector{swiglu_reference(in[0])}; }, dtype);
        check_equal(
            {gate_up}, kGeglu, [](auto in) { return std::vector{geglu_reference(in[0])}; }, dtype);
        const Rotary angles = test_rotary(tokens, width);
        check_equal(
            {random_tensor({tokens, 8 * width}, dtype, 5)}, split_op(angles),
            [&](auto in) {
              const auto [q, k, v] = split_rotate_reference(in[0], angles, 4, 2);
              return std::vector{q, k, v};
            },
            dtype);
      }
}

TEST_CASE("q and k are normed by head or all together, and turned in full, in part or not at all") {
  for (const auto dtype : {at::kFloat, at::kBFloat16})
    for (const NormKind kind : kNormKinds)
      for (const Rotary& angles : {test_rotary(21, 24), partial_rotary(21, 18), Rotary{}})
        for (const bool together : {false, true}) {
          CAPTURE(angles.rotary_dim());
          CAPTURE(together);
          const Tensor qkv = random_tensor({21, 8 * 24}, dtype, 1);
          const Tensor q_weight = random_tensor({together ? 4 * 24 : 24}, dtype, 2) + 1,
                       k_weight = random_tensor({together ? 2 * 24 : 24}, dtype, 3) + 1;
          check_equal({qkv, q_weight, k_weight}, head_norms_op(angles, kind, split_rotate),
                      head_norms_op(angles, kind, split_rotate_reference), dtype);
        }
}

TEST_CASE("dims beyond the rotary ones pass, and without angles all do") {
  const Tensor qkv = random_tensor({5, 8 * 16}, at::kBFloat16, 1), heads = qkv.view({5, 8, 16});
  const auto part = split_rotate(qkv, partial_rotary(5, 12), 4, 2);
  CHECK(at::equal(part.q.narrow(2, 12, 4), heads.narrow(1, 0, 4).narrow(2, 12, 4)));
  CHECK_FALSE(at::equal(part.q.narrow(2, 0, 12), heads.narrow(1, 0, 4).narrow(2, 0, 12)));
  const auto none = split_rotate(qkv, {}, 4, 2);
  CHECK(at::equal(none.q, heads.narrow(1, 0, 4)));
  CHECK(at::equal(none.k, heads.narrow(1, 4, 2)));
}

TEST_CASE("angles are positions times inverse frequencies, their cosines and sines times a factor") {
  const Tensor positions = torch::tensor({0, 1, 40}, at::kLong),
               inv_freq = torch::tensor({1.0f, 0.25f}, at::kFloat);
  const Rotary made = rotary(positions, inv_freq, 1.5);
  CHECK(made.cos.sizes() == at::IntArrayRef{3, 1, 2});
  CHECK(made.cos[1][0][1].item<double>() == doctest::Approx(1.5 * std::cos(0.25)));
  CHECK(made.sin[2][0][1].item<double>() == doctest::Approx(1.5 * std::sin(10.0)));
  CHECK(at::allclose(rotary(positions, inv_freq).cos, made.cos / 1.5));
}

TEST_CASE("a norm of q or k of a size that fits neither a head nor all is an error") {
  const Tensor qkv = at::zeros({2, 8 * 16});
  CHECK_THROWS_WITH_AS(split_rotate(qkv, {}, 4, 2, {at::ones({16}), at::ones({64})}),
                       doctest::Contains("weight of 64 numbers, expected 16 (for a head) or 32"), Error);
}

TEST_CASE("kinds of norms differ in where they round and in what the weight is added to") {
  const Tensor x = random_tensor({40, 64}, at::kBFloat16, 1);
  const Tensor weight = (random_tensor({64}, at::kFloat, 2).abs() + 1).to(at::kBFloat16);
  const Tensor llama = rms_norm(x, weight, 1e-5), olmo = rms_norm(x, weight, 1e-5, NormKind::kOlmo);
  CHECK_FALSE(at::equal(llama, olmo));
  CHECK(difference_in_ulps(llama, olmo, at::kBFloat16) < 3);
  const Tensor less = weight - 1;  // exact
  CHECK(at::equal(rms_norm(x, less, 1e-5, NormKind::kGemma), olmo));
  // Sums of squares are added up in another order, so a number in thousands may round to its neighbour.
  for (const NormKind kind : kNormKinds) {
    const Tensor made = rms_norm(x, weight, 1e-5, kind), plain = rms_norm_reference(x, weight, 1e-5, kind);
    CHECK((made != plain).sum().item<int64_t>() <= x.numel() / 500);
  }
}

TEST_CASE("a norm takes the heads of a joint product where they lie") {
  const Op heads = [](auto in) { return std::vector{in[0].view({7, 5, 16}).narrow(1, 1, 3), in[1]}; };
  check_equal(
      {random_tensor({7, 80}, at::kFloat, 1), random_tensor({16}, at::kFloat, 2)},
      [&](auto in) {
        const auto x = heads(in);
        return std::vector{rms_norm(x[0], x[1], 1e-5)};
      },
      [&](auto in) {
        const auto x = heads(in);
        return std::vector{rms_norm_reference(x[0], x[1], 1e-5)};
      },
      at::kFloat);
}

TEST_CASE("gradients of the fused operators equal finite differences") {
  const Tensor x = random_tensor({5, 24}, at::kFloat, 1), delta = random_tensor({5, 24}, at::kFloat, 2);
  const Tensor weight = random_tensor({24}, at::kFloat, 3) + 1;
  const auto norm64 = [](const Tensor& a, const Tensor& w) {
    return a * at::rsqrt(a.square().mean(-1, true) + 1e-5) * w;
  };
  check_slope({x, weight}, norm_op(NormKind::kLlama),
              [&](auto in) { return std::vector{norm64(in[0], in[1])}; });
  check_slope({x, weight}, norm_op(NormKind::kGemma),
              [&](auto in) { return std::vector{norm64(in[0], in[1] + 1)}; });
  check_slope({x, delta, weight}, add_norm_op(NormKind::kLlama), [&](auto in) {
    return std::vector<Tensor>{in[0] + in[1], norm64(in[0] + in[1], in[2])};
  });
  check_slope({x}, kSwiglu, [](auto in) { return std::vector{swiglu_reference(in[0])}; });
  check_slope({3 * x}, kGeglu, [](auto in) { return std::vector{geglu_reference(in[0])}; });
}

TEST_CASE("a gradient of the residual sum alone passes through unchanged") {
  const Tensor x = random_tensor({3, 8}, at::kFloat, 1).requires_grad_(), delta = x.detach().clone();
  add_rms_norm(x, delta, at::ones({8}), 1e-5).first.sum().backward();
  CHECK(at::equal(x.grad(), at::ones({3, 8})));
}

TEST_CASE("results without gradients are those with gradients") {
  const Tensor x = random_tensor({9, 32}, at::kBFloat16, 1), weight = random_tensor({32}, at::kFloat, 2);
  const auto all = [&] {
    const auto [sum, normed] = add_rms_norm(x, x, weight, 1e-5);
    const auto [q, k, v] = split_rotate(x, test_rotary(9, 4), 4, 2);
    const auto heads = split_rotate(x, {}, 4, 2, {weight.narrow(0, 0, 4), weight.narrow(0, 0, 4)});
    return std::vector{
        rms_norm(x, weight, 1e-5), sum, normed, swiglu(x), geglu(x), q, k, v, heads.q, heads.k};
  };
  const auto with = all();
  const at::NoGradGuard no_grad;
  const auto without = all();
  for (size_t i = 0; i < with.size(); ++i) CHECK(at::equal(with[i], without[i]));
}

TEST_CASE("large and infinite gates saturate, numbers that are not stay so") {
  const Tensor gate_up =
      torch::tensor({200.0f, -200.0f, 0.0f, NAN, 1.0f, 1.0f, 1.0f, 1.0f}, at::kFloat).view({1, 8});
  const Tensor out = swiglu(gate_up);
  CHECK(out[0][0].item<float>() == doctest::Approx(200.0));
  CHECK(std::abs(out[0][1].item<float>()) < 1e-30);
  CHECK(out[0][2].item<float>() == 0);
  CHECK(std::isnan(out[0][3].item<float>()));
  const Tensor gelu = geglu(gate_up);
  CHECK(gelu[0][0].item<float>() == doctest::Approx(200.0));
  CHECK(std::abs(gelu[0][1].item<float>()) < 1e-30);
  CHECK(gelu[0][2].item<float>() == 0);
  CHECK(std::isnan(gelu[0][3].item<float>()));
  CHECK(std::isnan(rms_norm(torch::tensor({{1.0f, NAN}}), at::ones({2}), 1e-5)[0][0].item<float>()));
}

TEST_CASE("fused operators give the same bits on any number of threads") {
  const Tensor x = random_tensor({3000, 96}, at::kBFloat16, 1), weight = random_tensor({96}, at::kFloat, 2);
  const int threads = at::get_num_threads();
  std::vector<std::vector<Tensor>> runs;
  for (const int count : {1, 3}) {
    at::set_num_threads(count);
    runs.push_back(run_with_gradients({x, x, weight}, add_norm_op(NormKind::kLlama)));
    const Tensor of_head = weight.narrow(0, 0, 12);
    for (const Tensor& made :
         run_with_gradients({x, of_head, of_head}, head_norms_op({}, NormKind::kGemma, split_rotate)))
      runs.back().push_back(made);
    for (const Tensor& made : run_with_gradients({x}, kSwiglu)) runs.back().push_back(made);
    for (const Tensor& made : run_with_gradients({x}, split_op(test_rotary(3000, 12))))
      runs.back().push_back(made);
  }
  at::set_num_threads(threads);
  for (size_t i = 0; i < runs[0].size(); ++i) CHECK(at::equal(runs[0][i], runs[1][i]));
}

TEST_CASE("a transpose is exact for any shape") {
  for (const auto dtype : {at::kFloat, at::kBFloat16})
    for (const int64_t rows : {1, 15, 16, 33, 300})
      for (const int64_t columns : {1, 8, 31, 100}) {
        const Tensor x = random_tensor({rows, columns}, dtype, 1);
        CHECK(at::equal(transposed(x), x.t()));
      }
}

#ifdef __x86_64__
TEST_CASE("the kernels of both instruction sets agree") {
  if (!__builtin_cpu_supports("avx512bw")) {
    MESSAGE("skipped: this processor has no AVX-512");
    return;
  }
  const Tensor x = 3 * random_tensor({11, 2 * 50}, at::kBFloat16, 1);
  const Tensor a = at::empty({11, 50}, at::kBFloat16), b = at::empty({11, 50}, at::kBFloat16);
  const auto bits = [](const Tensor& t) { return static_cast<uint16_t*>(t.data_ptr()); };
  kRowKernelsBase.bf16.swiglu(bits(x), bits(a), 50, 0, 11);
  kRowKernelsAvx512.bf16.swiglu(bits(x), bits(b), 50, 0, 11);
  CHECK(difference_in_ulps(a, b, at::kBFloat16) < 2);
  kRowKernelsBase.bf16.geglu(bits(x), bits(a), 50, 0, 11);
  kRowKernelsAvx512.bf16.geglu(bits(x), bits(b), 50, 0, 11);
  CHECK(difference_in_ulps(a, b, at::kBFloat16) < 2);
  const double sum2 = kRowKernelsBase.bf16.sum_exponentials(bits(x), 1100, 1.0f, 0.5f),
               sum512 = kRowKernelsAvx512.bf16.sum_exponentials(bits(x), 1100, 1.0f, 0.5f);
  CHECK(sum2 == doctest::Approx(sum512).epsilon(1e-6));
}
#endif
