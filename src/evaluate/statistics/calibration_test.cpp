#include "evaluate/statistics/calibration.h"

#include <doctest/doctest.h>

using namespace selfreward;

namespace {

/// Ranks 0, 1, 1, 4 have the places 0, 1, 1, 2.
const std::vector<ScoredAnswers> kPrompts = {{{5.0, 4.5, std::nullopt, 1.0}, {0, 1, 1, 4}},
                                             {{4.4, 5.0}, {1, 0}}};
const std::vector<std::optional<double>> kGold = {5.0, 3.0, 2.0, std::nullopt, 4.0, 4.0};

}  // namespace

TEST_CASE("an answer's place and the share that it beats come from the ranks of its prompt") {
  const auto answers = judged_answers(kPrompts);
  REQUIRE(answers.size() == 6);
  CHECK(answers[0].rank == 0);
  CHECK(answers[0].beaten == 1);
  CHECK(answers[1].rank == 1);
  CHECK(answers[1].beaten == doctest::Approx(1.5 / 3));  // one worse, one tied of three others
  CHECK(answers[3].rank == 2);
  CHECK(answers[3].beaten == 0);
  CHECK(answers[4].rank == 1);
  CHECK(!answers[4].gold);
}

TEST_CASE("the reliability table has a row for each score, halves counted up") {
  const Json rows = reliability_table(judged_answers(kPrompts, kGold));
  REQUIRE(rows.size() == 3);  // 1; 4 (4.4); 5 (5, 4.5, 5)
  CHECK(rows[0]["score"] == 1);
  CHECK(!rows[0].contains("gold"));
  CHECK(rows[1]["score"] == 4);
  CHECK(rows[2]["answers"] == 3);
  CHECK(rows[2]["mean_score"].get<double>() == doctest::Approx(14.5 / 3));
  CHECK(rows[2]["mean_rank"].get<double>() == doctest::Approx(1.0 / 3));
  CHECK(rows[2]["best"].get<double>() == doctest::Approx(2.0 / 3));
  CHECK(rows[2]["gold"].get<double>() == doctest::Approx(4.0));
}

TEST_CASE("the calibration error weighs each row by its answers that have a true score") {
  // Row 4: |4.4 - 4| * 1; row 5: |14.5 - 12|; four answers.
  CHECK(*calibration_error(judged_answers(kPrompts, kGold)) == doctest::Approx((0.4 + 2.5) / 4));
  CHECK(!calibration_error(judged_answers(kPrompts)));
}

TEST_CASE("the confusion table counts every answer once, those without a score in the last row") {
  const Json table = confusion_table(judged_answers(kPrompts));
  CHECK(table["scores"] == Json{1, 4, 5, nullptr});
  CHECK(table["ranks"] == Json{0, 1, 2});
  CHECK(table["counts"] == Json{{0, 0, 1}, {0, 1, 0}, {2, 1, 0}, {0, 1, 0}});
}
