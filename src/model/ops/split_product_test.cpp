#include "model/ops/split_product.h"

#include <ATen/Parallel.h>
#include <doctest/doctest.h>

using namespace selfreward;
using torch::Tensor;

TEST_CASE("a product split over threads is the product") {
  at::manual_seed(1);
  const int before = at::get_num_threads();
  for (const int threads : {1, 2, 3, 7})
    for (const auto type : {at::kBFloat16, at::kFloat})
      for (const auto& [m, k, n] :
           {std::array<int64_t, 3>{1, 5, 3}, {33, 64, 20}, {70, 31, 200}, {2100, 16, 40}}) {
        INFO(threads, " threads, ", m, " x ", k, " x ", n);
        at::set_num_threads(threads);
        const Tensor a = at::randn({m, k}).to(type), turned = at::randn({n, k}).to(type);
        const Tensor wanted = at::mm(a.to(at::kDouble), turned.t().to(at::kDouble)), b = turned.t();
        const double tolerance = type == at::kFloat ? 1e-5 : 1e-2;
        CHECK(at::allclose(split_product(a, b).to(at::kDouble), wanted, tolerance, 5 * tolerance));
        CHECK(
            at::allclose(split_product(a, b.contiguous()).to(at::kDouble), wanted, tolerance, 5 * tolerance));
      }
  at::set_num_threads(before);
}

TEST_CASE("operands may be part of a graph; the product is not") {
  const Tensor a = at::randn({40, 8}).to(at::kBFloat16).requires_grad_();
  const at::NoGradGuard no_grad;
  CHECK(!split_product(a, at::randn({8, 64}).to(at::kBFloat16)).requires_grad());
}
