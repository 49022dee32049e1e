// What the fused operators give whatever computes them: with and without gradients, on any number of threads, by
// every instruction set, of numbers without bounds.
#include <ATen/Parallel.h>

#include "model/kernels/rows/kernels.h"
#include "support/fused_ops.h"

using namespace selfreward;

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
