#include "evaluate/statistics/head_to_head.h"

#include <doctest/doctest.h>

using namespace selfreward;

namespace {

constexpr Verdict kFirst = Verdict::first, kSecond = Verdict::second, kTie = Verdict::tie;

/// Two wins (one by a judge that always says "first"), a loss, a tie by disagreement, one without verdict.
std::vector<ComparedAnswers> example() {
  return {{1.0, "maths", 100, 100, {kFirst, kSecond}},
          {1.0, "maths", 200, 100, {kFirst, kSecond}},
          {0.0, "prose", 50, 100, {kSecond, kFirst}},
          {0.5, "prose", 100, 100, {kFirst, kFirst}},
          {std::nullopt, "prose", 90, 100, {kTie, std::nullopt}}};
}

}  // namespace

TEST_CASE("counts, rate and error are those of the preferences; a missing one is in no share") {
  const Json summary = head_to_head(example(), Seed(1));
  CHECK(summary.at("n") == 4);
  CHECK(summary.at("missing") == 1);
  CHECK(summary.at("wins") == 2);
  CHECK(summary.at("ties") == 1);
  CHECK(summary.at("losses") == 1);
  CHECK(summary.at("win_rate") == 0.625);
  // python 3.11: statistics.stdev([1, 1, .5, 0]) / 2
  CHECK(summary.at("standard_error").get<double>() == doctest::Approx(0.23935677693908453));
  CHECK(summary.at("interval_95")[0].get<double>() < 0.625);
  CHECK(summary.at("interval_95")[1].get<double>() > 0.625);
}

TEST_CASE("position: wins of what is shown first, among decided verdicts, and orders that disagree") {
  const Json position = head_to_head(example(), Seed(1)).at("position");
  CHECK(position.at("verdicts") == 9);
  CHECK(position.at("ties") == 1);
  CHECK(position.at("first_shown_wins") == 5);  // 2 wins: first, second; 1 loss: second, first; first, first
  CHECK(position.at("share") == 0.625);
  CHECK(position.at("pairs") == 4);
  CHECK(position.at("disagreements") == 1);
}

TEST_CASE("categories and lengths are groups of the same figures") {
  const Json summary = head_to_head(example(), Seed(1));
  CHECK(summary.at("categories").at("maths").at("win_rate") == 1);
  CHECK(summary.at("categories").at("prose").at("missing") == 1);
  CHECK(summary.at("lengths").at("longer").at("n") == 1);
  CHECK(summary.at("lengths").at("shorter").at("losses") == 1);
  CHECK(summary.at("lengths").at("like length").at("n") == 2);
  CHECK(summary.at("length_controlled").at("missing") == "fewer than 10 preferences");
}

TEST_CASE("the table shows what is missing as a dash") {
  Json pair = head_to_head({{std::nullopt, "", 1, 1, {}}}, Seed(1));
  pair["a"] = "M1";
  pair["b"] = "M0";
  const std::string table = head_to_head_table(Json::array({pair}));
  CHECK(table.find("M1 against M0") != std::string::npos);
  CHECK(table.find("nan") == std::string::npos);
  CHECK(pair.at("position").is_null());
}
