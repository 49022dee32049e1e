#include "evaluate/statistics/paired_statistics.h"

#include <doctest/doctest.h>

#include "evaluate/statistics/logistic_l1.h"

using namespace selfreward;

// python 3.11: statistics.stdev([1, 1, .5, 0]) / 2 = 0.23935677693908453
TEST_CASE("mean and standard error") {
  CHECK(*mean_of({1, 1, 0.5, 0}) == 0.625);
  CHECK(*standard_error_of({1, 1, 0.5, 0}) == doctest::Approx(0.23935677693908453).epsilon(1e-14));
  CHECK(!mean_of({}));
  CHECK(!standard_error_of({1}));
}

TEST_CASE("the bootstrap interval of many values is mean +- 1.96 standard errors, and the seed decides it") {
  std::vector<double> values;
  for (int i = 0; i < 400; ++i) values.push_back(i % 10 < 6 ? 1 : 0);
  const Interval interval = *bootstrap_interval(values, Seed(1));
  const double error = *standard_error_of(values);
  CHECK(interval.low == doctest::Approx(0.6 - 1.96 * error).epsilon(0.01));
  CHECK(interval.high == doctest::Approx(0.6 + 1.96 * error).epsilon(0.01));
  CHECK(bootstrap_interval(values, Seed(1))->low == interval.low);
  CHECK(!bootstrap_interval({1, 1, 1}, Seed(1)));  // nothing is known of their spread
  CHECK(!bootstrap_interval({1}, Seed(1)));
}

// With one constant feature and weight 1 the optimum is in closed form: C * n * (p - mean) + sign(w) = 0.
TEST_CASE("the penalised fit is where the gradient and the penalty balance") {
  std::vector<LogisticRow> rows;
  for (int i = 0; i < 20; ++i) rows.push_back({{1}, i < 15 ? 0.9 : 0.3});
  const double C = 2, mean = 0.75;
  const auto w = fit_logistic_l1(rows, C);
  CHECK(sigmoid(w[0]) == doctest::Approx(mean - 1 / (C * 20)).epsilon(1e-10));
  CHECK(fit_logistic_l1(rows, 0.01)[0] == 0);  // the penalty is stronger than the data
}
