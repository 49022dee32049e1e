#include "model/ops/packed_product.h"

#include <ATen/Parallel.h>
#include <doctest/doctest.h>

#include "support/fused_ops.h"

using namespace selfreward;
using torch::Tensor;

namespace {

/// Largest |a - b| relative to the largest |b|.
double difference(const Tensor& a, const Tensor& b) {
  const Tensor expected = b.to(at::kDouble);
  return ((a.to(at::kDouble) - expected).abs().max() / expected.abs().max()).item<double>();
}

/// Runs `check` for every kernel that this processor has, in both dtypes.
template <typename Check>
void for_each_kernel(const Check& check) {
  for (const ProductKernelSet* kernels : runnable_product_kernels())
    for (const torch::Dtype dtype : {at::kFloat, at::kBFloat16}) {
      CAPTURE(kernels->name);
      CAPTURE(dtype);
      check(*kernels, dtype);
    }
}

}  // namespace

TEST_CASE("the product with packed weights equals at::linear in double precision") {
  for_each_kernel([](const ProductKernelSet& kernels, torch::Dtype dtype) {
    for (const auto& [outputs, inputs] : {std::pair{960, 576}, {7, 37}, {100, 64}, {65, 1}, {130, 1601}}) {
      const Tensor w = random_tensor({outputs, inputs}, dtype, 1);
      const PackedWeights packed = pack_weights(w, kernels);
      for (const int64_t rows : {0, 1, 3, 16, 17, 64, 100, 300}) {
        CAPTURE(outputs);
        CAPTURE(inputs);
        CAPTURE(rows);
        const Tensor x = random_tensor({rows, inputs}, dtype, 2);
        const Tensor y = packed_product(x, packed);
        CHECK(y.sizes() == at::IntArrayRef{rows, outputs});
        CHECK((y.scalar_type() == dtype));
        if (rows)
          CHECK(difference(y, at::linear(x.to(at::kDouble), w.to(at::kDouble))) <
                (dtype == at::kFloat ? 2e-6 : 0x1p-8));
      }
    }
  });
}

TEST_CASE("a row of the product depends neither on the rows beside it nor on the number of threads") {
  const int threads = at::get_num_threads();
  for_each_kernel([](const ProductKernelSet& kernels, torch::Dtype dtype) {
    const PackedWeights packed = pack_weights(random_tensor({200, 1700}, dtype, 3), kernels);
    const Tensor x = random_tensor({300, 1700}, dtype, 4);
    at::set_num_threads(1);
    const Tensor all = packed_product(x, packed);
    at::set_num_threads(2);
    CHECK(packed_product(x, packed).equal(all));
    for (const int64_t count : {1, 3, 16, 17, 64, 65})
      CHECK(packed_product(x.narrow(0, 150, count), packed).equal(all.narrow(0, 150, count)));
  });
  at::set_num_threads(threads);
}

TEST_CASE("rows of x may lie apart in memory") {
  for_each_kernel([](const ProductKernelSet& kernels, torch::Dtype dtype) {
    const PackedWeights packed = pack_weights(random_tensor({40, 64}, dtype, 5), kernels);
    const Tensor wide = random_tensor({20, 100}, dtype, 6);
    const Tensor x = wide.narrow(1, 3, 64);
    CHECK(packed_product(x, packed).equal(packed_product(x.contiguous(), packed)));
  });
}

TEST_CASE("what is not a number in a row stays in that row") {
  for_each_kernel([](const ProductKernelSet& kernels, torch::Dtype dtype) {
    const PackedWeights packed = pack_weights(random_tensor({40, 64}, dtype, 7), kernels);
    Tensor x = random_tensor({20, 64}, dtype, 8);
    x[5][9] = NAN;
    const Tensor bad = packed_product(x, packed).isnan().any(1);
    CHECK(bad[5].item<bool>());
    CHECK(bad.sum().item<int64_t>() == 1);
  });
}
