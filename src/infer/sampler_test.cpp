#include "infer/sampler.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

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

/// Logits of a vocabulary: normal with `spread`, rounded to what bfloat16 holds.
std::vector<float> random_logits(int64_t vocab, double spread, uint64_t seed) {
  std::vector<float> logits;
  for (int64_t i = 0; i < vocab; ++i) {
    const auto index = static_cast<uint64_t>(2 * i);
    const double radius = std::sqrt(-2 * std::log(1 - Seed(seed).uniform(index)));
    const double normal = radius * std::cos(6.283185307 * Seed(seed).uniform(index + 1));
    const auto bits = std::bit_cast<uint32_t>(static_cast<float>(spread * normal));
    logits.push_back(std::bit_cast<float>(bits & 0xffff0000u));
  }
  return logits;
}

std::vector<uint16_t> bfloat16_of(const std::vector<float>& logits) {
  std::vector<uint16_t> bits;
  for (const float x : logits) bits.push_back(static_cast<uint16_t>(std::bit_cast<uint32_t>(x) >> 16));
  return bits;
}

/// The definition, in float64 and with a full sort.
std::vector<TokenProbability> plain_distribution(const std::vector<float>& logits, const SamplingParams& p) {
  std::vector<TokenProbability> tokens;
  const double maximum = *std::max_element(logits.begin(), logits.end());
  for (size_t i = 0; i < logits.size(); ++i)
    tokens.push_back({static_cast<int64_t>(i), std::exp((logits[i] - maximum) / p.temperature)});
  std::stable_sort(tokens.begin(), tokens.end(),
                   [](const auto& a, const auto& b) { return a.probability > b.probability; });
  const auto normalise = [&] {
    double total = 0;
    for (const auto& token : tokens) total += token.probability;
    for (auto& token : tokens) token.probability /= total;
  };
  if (p.top_k > 0) tokens.resize(static_cast<size_t>(p.top_k));
  normalise();
  double mass = 0;
  size_t kept = 0;
  while (kept < tokens.size() && mass < p.top_p) mass += tokens[kept++].probability;
  tokens.resize(kept);
  normalise();
  return tokens;
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

/// Sums round at the edge of a nucleus: by one token. Under a sanitizer sums are not made in lanes and lose more
/// digits: by tokens that have next to no probability together.
bool same_but_for_the_edge(const std::vector<TokenProbability>& a, const std::vector<TokenProbability>& b) {
  const auto& longer = a.size() > b.size() ? a : b;
  const size_t common = std::min(a.size(), b.size());
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  double beyond = 0;
  for (size_t i = common; i < longer.size(); ++i) beyond += longer[i].probability;
  if (beyond < 1e-5) return true;
#endif
  return longer.size() - common <= 1;
}

TEST_CASE("the distribution over a large vocabulary equals a full sort, in float32 and bfloat16") {
  const SamplingParams rows[] = {params(1, 0.9, 0),     params(0.7, 0.95, 0), params(1, 1, 40),
                                 params(0.7, 0.9, 300), params(2, 0.5, 0),    params(1, 0.9999, 0)};
  for (const double spread : {0.3, 1.0, 3.0})
    for (const auto& row : rows) {
      const auto logits = random_logits(5000, spread, 3);
      const auto expected = plain_distribution(logits, row);
      const auto tokens = sampling_distribution(logits.data(), 5000, row);
      CAPTURE(spread);
      CAPTURE(row.top_p);
      CHECK(same_but_for_the_edge(tokens, expected));
      double difference = 0;
      for (size_t i = 0; i < std::min(tokens.size(), expected.size()); ++i) {
        difference = std::max(difference, std::abs(tokens[i].probability - expected[i].probability));
        if (tokens[i].id != expected[i].id) difference = 1;
      }
      CHECK(difference < 1e-5);
      const auto low = sampling_distribution(bfloat16_of(logits).data(), 5000, row);
      CHECK(same_but_for_the_edge(low, tokens));  // the two kernels sum in other orders
      for (size_t i = 0; i < std::min(low.size(), tokens.size()); ++i) {
        REQUIRE(low[i].id == tokens[i].id);
        REQUIRE(low[i].probability == doctest::Approx(tokens[i].probability).epsilon(1e-6));
      }
    }
}

TEST_CASE("a draw is the inversion of the sorted distribution") {
  const auto logits = random_logits(3000, 2.0, 5);
  for (const auto& row : {params(1, 1, 0), params(0.7, 0.9, 0), params(1, 1, 50)}) {
    const auto tokens = sampling_distribution(logits.data(), 3000, row);
    for (int64_t position = 0; position < 50; ++position) {
      double left = Seed(9).uniform(static_cast<uint64_t>(position));
      size_t i = 0;
      while (i + 1 < tokens.size() && (left -= tokens[i].probability) > 0) ++i;
      CHECK(sample_token(logits.data(), 3000, row, Seed(9), position) == tokens[i].id);
    }
  }
}

TEST_CASE("a token whose logit is minus infinity is never drawn") {
  const float logits[] = {0, -INFINITY, 0, -INFINITY};
  const auto tokens = sampling_distribution(logits, 4, params(1, 1, 0));
  REQUIRE(tokens.size() == 2);
  CHECK(tokens[0].probability == doctest::Approx(0.5));
}

TEST_CASE("forbidden tokens are neither drawn nor named, and take nothing from the scores of others") {
  const auto logits = random_logits(300, 2.0, 5);
  const auto best = static_cast<size_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
  const std::vector<int64_t> forbidden = {1, 7, 298, 299};
  const auto check = [&](auto row) {
    for (const int64_t id : forbidden) row[static_cast<size_t>(id)] = row[best];
    const double total = log_total(row.data(), 300);
    const double log_prob = score_token(row.data(), 300, 3, 0, total).log_prob;
    forbid_tokens(row.data(), forbidden);
    for (const auto& settings : {params(0, 1, 0), params(1, 1, 0), params(5, 0.9, 0), params(1, 1, 300)})
      for (int64_t position = 0; position < 200; ++position)
        CHECK(std::count(forbidden.begin(), forbidden.end(),
                         sample_token(row.data(), 300, settings, Seed(2), position)) == 0);
    const TokenScore score = score_token(row.data(), 300, 3, 300, total);
    CHECK(score.log_prob == log_prob);
    CHECK(score.top.size() == 296);
  };
  check(logits);
  check(bfloat16_of(logits));
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
