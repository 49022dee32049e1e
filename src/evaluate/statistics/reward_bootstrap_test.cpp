#include "evaluate/statistics/reward_bootstrap.h"

#include <doctest/doctest.h>

using namespace selfreward;

namespace {

constexpr std::nullopt_t kNone = std::nullopt;

std::vector<ScoredAnswers> some_prompts() {
  return {{{5.0, 4.0, 1.0}, {0, 1, 2}}, {{5.0, kNone, 5.0}, {2, 5, 3}}, {{1.0, 2.0}, {0, 1}},
          {{3.0, 3.0}, {0, 0}},         {{kNone, kNone}, {0, 1}},       {{2.0, 1.0, 4.5}, {1, 2, 0}}};
}

}  // namespace

TEST_CASE("prompts put together again give the metrics of all") {
  const auto prompts = some_prompts();
  const auto each = metrics_by_prompt(prompts, 5);
  CHECK(to_json(pooled(each, {0, 1, 2, 3, 4, 5})) == to_json(reward_metrics(prompts, 5)));
  CHECK(to_json(pooled(each, {1, 5, 1})) == to_json(reward_metrics({prompts[1], prompts[5], prompts[1]}, 5)));
  CHECK(to_json(pooled(each, {3})) == to_json(reward_metrics({prompts[3]}, 5)));
}

TEST_CASE("draws depend on the seed alone, and are resamples with replacement") {
  const auto each = metrics_by_prompt(some_prompts(), 5);
  const auto draws = bootstrap(each, 20, Seed(3));
  CHECK(draws == bootstrap(each, 20, Seed(3)));
  CHECK(draws != bootstrap(each, 20, Seed(4)));
  std::vector<size_t> picked;
  for (uint64_t i = 0; i < each.size(); ++i) picked.push_back(Seed(3).child(7).below(i, each.size()));
  CHECK(draws[7] == values_of(pooled(each, picked)));
}

TEST_CASE("the interval of a share is that of its binomial") {
  // 400 prompts of one pair, 300 right: sd = sqrt(0.75 * 0.25 / 400) = 0.02165; 95 % is 0.75 -+ 0.0424.
  std::vector<ScoredAnswers> prompts;
  for (int i = 0; i < 400; ++i) prompts.push_back({{i < 300 ? 2.0 : 0.0, 1.0}, {0, 1}});
  const Json found = intervals(bootstrap(metrics_by_prompt(prompts, 5), 2000, Seed(1)));
  CHECK(found["pairwise_acc"][0].get<double>() == doctest::Approx(0.7076).epsilon(0.006));
  CHECK(found["pairwise_acc"][1].get<double>() == doctest::Approx(0.7924).epsilon(0.006));
  CHECK(found["5best"].is_null());  // no answer has the maximum
}

TEST_CASE("a judge that equals another differs from it by exactly nothing") {
  const auto draws = bootstrap(metrics_by_prompt(some_prompts(), 5), 50, Seed(1));
  CHECK(difference_intervals(draws, draws)["pairwise_acc"] == Json{0.0, 0.0});
  auto better = draws;
  for (MetricValues& draw : better) draw[0] = *draw[0] + 0.25;
  const Json shifted = difference_intervals(better, draws)["pairwise_acc"];
  CHECK(shifted[0].get<double>() == doctest::Approx(0.25));
  CHECK(shifted[1].get<double>() == doctest::Approx(0.25));
}
