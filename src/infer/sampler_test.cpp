#include "infer/sampler.h"

#include <doctest/doctest.h>

#include <cmath>

#include "base/error.h"

using namespace selfreward;

namespace {

SamplingParams params(double temperature, double top_p, int64_t top_k) {
  SamplingParams p;
  p.temperature = temperature;
  p.top_p = top_p;
  p.top_k = top_k;
  return p;
}

/// Logits of given probabilities.
std::vector<float> logits_of(const std::vector<double>& probabilities) {
  std::vector<float> logits;
  for (const double p : probabilities) logits.push_back(static_cast<float>(std::log(p)));
  return logits;
}

}  // namespace

TEST_CASE("the distribution is cut by top-k, then by top-p, and sums to one") {
  struct Row {
    SamplingParams params;
    std::vector<std::pair<int64_t, double>> expected;
  };
  const auto logits = logits_of({0.1, 0.4, 0.2, 0.3});
  const Row rows[] = {
      {params(1, 1, 0), {{1, 0.4}, {3, 0.3}, {2, 0.2}, {0, 0.1}}},
      {params(1, 0.4, 0), {{1, 1.0}}},
      {params(1, 0.41, 0), {{1, 4.0 / 7}, {3, 3.0 / 7}}},
      {params(1, 0.95, 0), {{1, 0.4}, {3, 0.3}, {2, 0.2}, {0, 0.1}}},
      {params(1, 1, 2), {{1, 4.0 / 7}, {3, 3.0 / 7}}},
      {params(1, 0.6, 3), {{1, 4.0 / 7}, {3, 3.0 / 7}}},  // 0.4 / 0.9 = 0.44 < 0.6 <= 0.7 / 0.9
      {params(0.5, 1, 2), {{1, 0.64}, {3, 0.36}}},        // squares: 0.16 and 0.09
  };
  for (const Row& row : rows) {
    const auto tokens = sampling_distribution(logits.data(), 4, row.params);
    REQUIRE(tokens.size() == row.expected.size());
    for (size_t i = 0; i < tokens.size(); ++i) {
      CHECK(tokens[i].id == row.expected[i].first);
      CHECK(tokens[i].probability == doctest::Approx(row.expected[i].second).epsilon(1e-6));
    }
  }
}

TEST_CASE("draws follow the distribution") {
  const auto logits = logits_of({0.5, 0.25, 0.25});
  std::vector<int> counts(3);
  for (int i = 0; i < 8000; ++i)
    ++counts[static_cast<size_t>(sample_token(logits.data(), 3, params(1, 1, 0), Seed(1).child(i), 4))];
  CHECK(std::abs(counts[0] - 4000) < 180);  // four standard deviations of a binomial(8000, 0.5)
  CHECK(std::abs(counts[1] - 2000) < 160);
}

TEST_CASE("temperature 0 takes the first of the most probable tokens") {
  const float logits[] = {1, 3, 3, 2};
  CHECK(sample_token(logits, 4, params(0, 0.9, 0), Seed(1), 0) == 1);
}

TEST_CASE("logits that are not numbers are an error, not a token") {
  const float logits[] = {1, NAN, 3};
  CHECK_THROWS_AS(sample_token(logits, 3, params(1, 0.9, 0), Seed(1), 0), Error);
  CHECK_THROWS_AS(sample_token(logits, 3, params(0, 0.9, 0), Seed(1), 0), Error);
}
