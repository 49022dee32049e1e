#include "evaluate/statistics/bootstrap.h"

#include <doctest/doctest.h>

using namespace selfreward;

TEST_CASE("each draw takes as many as there are, at the addresses of the seed") {
  const Seed seed(3);
  const auto draws = bootstrap(4, 5, seed, [](const std::vector<size_t>& picked) { return picked; });
  CHECK(draws.size() == 5);
  for (size_t b = 0; b < draws.size(); ++b)
    for (size_t i = 0; i < 4; ++i) CHECK(draws.at(b).at(i) == seed.child(b).below(i, 4));
  CHECK(bootstrap(0, 2, seed, [](const std::vector<size_t>& picked) { return picked.size(); }) ==
        std::vector<size_t>{0, 0});
}

TEST_CASE("the interval lies between the percentiles as numpy's") {
  // numpy.percentile([3, 0, 1, 2, 4], [2.5, 97.5])
  const Interval interval = interval_95({3, 0, 1, 2, 4});
  CHECK(interval.low == doctest::Approx(0.1));
  CHECK(interval.high == doctest::Approx(3.9));
  CHECK(interval_95({7}).low == 7);
  CHECK(interval_95({7}).high == 7);
}
