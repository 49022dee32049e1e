#include "model/ops/product_memory.h"

#include <doctest/doctest.h>

#include "model/kernels/cpu_features.h"

using namespace selfreward;

TEST_CASE("a product of widened factors holds float32 copies of both and of its result") {
  if (has_fast_bfloat16()) return;  // there they are multiplied as they are
  for (const auto& [rows, inner, columns] :
       {std::array<int64_t, 3>{32, 64, 48}, {200, 1024, 96}, {5000, 300, 2000}, {3000, 4096, 1100}})
    CHECK(product_scratch(rows, inner, columns, "bfloat16") ==
          4 * (rows * inner + inner * columns + rows * columns));
}

TEST_CASE("float32 products work in place") {
  CHECK(product_scratch(256, 512, 384, "float32") == 0);
}

TEST_CASE("the scratch of a large product is drawn out of smaller ones") {
  for (const char* dtype : {"bfloat16", "float32"}) {
    const int64_t as_it_is = product_scratch(1024, 512, 1024, dtype),
                  drawn_out = product_scratch(2048, 512, 1024, dtype);
    CHECK(drawn_out >= as_it_is);
    CHECK(drawn_out <= 2 * as_it_is);
  }
}

TEST_CASE("a linear map needs the most of its product and of those of its gradients") {
  const int64_t most = linear_scratch(64, 96, 160, "bfloat16");
  CHECK(most >= product_scratch(64, 96, 160, "bfloat16"));
  CHECK(most >= product_scratch(64, 160, 96, "bfloat16"));
  CHECK(most >= product_scratch(96, 64, 160, "bfloat16"));
}
