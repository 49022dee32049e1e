#include "evaluate/statistics/reward_metrics.h"

#include <doctest/doctest.h>

#include "base/files.h"

using namespace selfreward;

namespace {
constexpr std::nullopt_t kNone = std::nullopt;
RewardMetrics metrics_of(const std::vector<ScoredAnswers>& prompts) {
  return reward_metrics(prompts, 5);
}
}  // namespace

// tests/fixtures/correlation_golden.json is made by tests/golden/make_correlation_golden.py with
// scipy 1.17.1.
TEST_CASE("correlations equal scipy's, with and without ties") {
  const Json golden = read_json(SELFREWARD_SOURCE_DIR "/tests/fixtures/correlation_golden.json");
  REQUIRE(golden.at("rows").size() > 20);
  for (const Json& row : golden.at("rows")) {
    CAPTURE(row.dump());
    const auto scores = row.at("scores").get<std::vector<double>>();
    auto goodness = row.at("ranks").get<std::vector<double>>();
    for (double& rank : goodness) rank = -rank;
    CHECK(*spearman(scores, goodness) == doctest::Approx(row.at("spearman").get<double>()).epsilon(1e-12));
    CHECK(*kendall_tau_b(scores, goodness) ==
          doctest::Approx(row.at("kendall").get<double>()).epsilon(1e-12));
  }
}

TEST_CASE("a correlation with a constant side is absent, not zero and not NaN") {
  CHECK(!spearman({1, 1, 1}, {1, 2, 3}));
  CHECK(!kendall_tau_b({1, 2, 3}, {4, 4, 4}));
  CHECK(!spearman({}, {}));
  CHECK(!kendall_tau_b({1}, {1}));
}

TEST_CASE("a judge that agrees with the human scores one everywhere, an opposed one zero") {
  const auto right = metrics_of({{{5.0, 4.0, 1.0}, {0, 1, 2}}});
  CHECK(right.pairwise_accuracy == 1);
  CHECK(right.five_best == 1);
  CHECK(right.exact_match == 1);
  CHECK(*right.spearman == doctest::Approx(1));
  CHECK(right.kendall_tau == 1);
  const auto wrong = metrics_of({{{1.0, 4.0, 5.0}, {0, 1, 2}}});
  CHECK(wrong.pairwise_accuracy == 0);
  CHECK(wrong.five_best == 0);
  CHECK(wrong.exact_match == 0);
  CHECK(*wrong.spearman == doctest::Approx(-1));
  CHECK(wrong.kendall_tau == -1);
}

TEST_CASE("the gap that a judge's best and worst answers capture, against the truly best and worst") {
  // Truth 4, 2, 0: gap 4, best above mean 2. The judge picks the second and the third: 2 of 4, 0 of 2.
  const ScoredAnswers half{{1.0, 5.0, 0.5}, {0, 1, 2}, {4, 2, 0}};
  CHECK(metrics_of({half}).gap_captured == 0.5);
  CHECK(metrics_of({half}).best_of_n == 0);
  // Tied for the best place: the mean of 4 and 0.
  const ScoredAnswers tied{{5.0, 1.0, 5.0}, {0, 1, 2}, {4, 2, 0}};
  CHECK(metrics_of({tied}).gap_captured == 0);
  // Unscored: nothing captured, and its gap counts. Without truth minus the ranks.
  const ScoredAnswers unscored{{kNone, kNone, 1.0}, {0, 1, 2}, {4, 2, 0}}, ranked{{3.0, 2.0, 1.0}, {0, 1, 2}};
  CHECK(metrics_of({half, unscored}).gap_captured == 0.25);
  CHECK(metrics_of({ranked}).gap_captured == 1);
  CHECK(metrics_of({ranked}).best_of_n == 1);
  CHECK(!metrics_of({{{1.0, 2.0}, {0, 0}}}).gap_captured);
  CHECK_THROWS_WITH_AS(metrics_of({{{1.0, 2.0}, {0, 1}, {3}}}),
                       doctest::Contains("1 true scores but 2 ranks"), Error);
}

TEST_CASE("a model tie is an error in the pairwise accuracy and left out of the decided one") {
  // Pairs: (4, 4) tied, (4, 1) right twice.
  const auto metrics = metrics_of({{{4.0, 4.0, 1.0}, {0, 1, 2}}});
  CHECK(*metrics.pairwise_accuracy == doctest::Approx(2.0 / 3));
  CHECK(metrics.pairwise_accuracy_decided == 1);
  CHECK(metrics.exact_match == 0);
  CHECK(metrics.tied_pairs == 1);
}

TEST_CASE("an unscored answer leaves its pairs undecided and is counted") {
  const auto metrics = metrics_of({{{5.0, kNone, 1.0}, {0, 1, 2}}});
  CHECK(*metrics.pairwise_accuracy == doctest::Approx(1.0 / 3));
  CHECK(metrics.pairwise_accuracy_decided == 1);
  CHECK(metrics.exact_match == 0);
  CHECK(metrics.kendall_tau == 1);
  CHECK(metrics.unscored_answers == 1);
  CHECK(metrics.unscored_pairs == 2);
}

TEST_CASE("human ties are no pairs and break no order") {
  const auto metrics = metrics_of({{{5.0, 3.0, 2.0}, {0, 1, 1}}, {{1.0, 2.0}, {0, 0}}});
  CHECK(metrics.pairs == 2);
  CHECK(metrics.pairwise_accuracy == 1);
  CHECK(metrics.exact_match == 1);  // the second prompt has no pair and is in no share
  CHECK(metrics.correlated_prompts == 1);
  CHECK(metrics.prompts == 2);
}

TEST_CASE("pairs are pooled over prompts, correlations averaged per prompt") {
  // 3 right of 3 pairs and 0 right of 1: 3/4 pooled; tau (1 - 1) / 2.
  const auto metrics = metrics_of({{{3.0, 2.0, 1.0}, {0, 1, 2}}, {{1.0, 2.0}, {0, 1}}});
  CHECK(metrics.pairwise_accuracy == 0.75);
  CHECK(metrics.exact_match == 0.5);
  CHECK(metrics.kendall_tau == 0);
}

TEST_CASE("5-best is over all perfect answers, and ranks need not start at zero") {
  const auto metrics =
      metrics_of({{{5.0, 5.0, 4.0}, {2, 5, 3}}, {{4.9, 5.0}, {0, 0}}, {{5.0, kNone}, {1, 0}}});
  CHECK(metrics.perfect_answers == 4);
  CHECK(metrics.five_best == 0.5);
}

TEST_CASE("a metric without anything to measure is absent and null in JSON") {
  const auto metrics = metrics_of({{{kNone, 4.0}, {0, 1}}});
  CHECK(metrics.pairwise_accuracy == 0);
  CHECK(!metrics.pairwise_accuracy_decided);
  CHECK(!metrics.five_best);
  CHECK(!metrics.spearman);
  CHECK(to_json(metrics)["spearman"].is_null());
  CHECK(to_json(metrics)["pairwise_acc"] == 0.0);
  CHECK(!metrics_of({}).pairwise_accuracy);
}

TEST_CASE("scores and ranks of different lengths are an error") {
  CHECK_THROWS_AS(metrics_of({{{1.0}, {0, 1}}}), Error);
}
