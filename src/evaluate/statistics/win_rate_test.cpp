#include "evaluate/statistics/win_rate.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace selfreward;

namespace {
constexpr std::nullopt_t kNone = std::nullopt;
constexpr Verdict kFirst = Verdict::first, kSecond = Verdict::second, kTie = Verdict::tie;
}  // namespace

TEST_CASE("scores give wins, ties and losses; a missing score is in no share") {
  const WinRate rate = win_rate({{5.0, 4.0}, {4.0, 4.0}, {0.0, 1.0}, {kNone, 1.0}, {5.0, kNone}, {3.5, 3.0}});
  CHECK(rate.wins == 2);
  CHECK(rate.ties == 1);
  CHECK(rate.losses == 1);
  CHECK(rate.missing == 2);
  CHECK(rate.rate() == 0.625);
}

// python 3.11: statistics.stdev([1, 1, .5, 0]) / 2 = 0.23935677693908453
TEST_CASE("the standard error is that of the mean of 1, 0.5 and 0") {
  CHECK(*win_rate({{2.0, 1.0}, {2.0, 1.0}, {1.0, 1.0}, {0.0, 1.0}}).standard_error() ==
        doctest::Approx(0.23935677693908453).epsilon(1e-14));
  CHECK(win_rate({{1.0, 1.0}, {1.0, 1.0}}).standard_error() == 0);
}

TEST_CASE("too few prompts give no rate and no error") {
  CHECK(!win_rate(std::vector<BothOrders>{}).rate());
  CHECK(!win_rate({{kNone, 1.0}}).rate());
  CHECK(!win_rate({{2.0, 1.0}}).standard_error());
  CHECK(to_json(WinRate())["win_rate"].is_null());
}

TEST_CASE("a win needs both presentation orders; disagreement is a tie") {
  struct Case {
    std::optional<Verdict> shown_first, shown_second;
    std::string wanted;
  };
  const std::vector<Case> table = {
      {kFirst, kSecond, "win"},   // our answer both times
      {kSecond, kFirst, "loss"},  // the other both times
      {kFirst, kFirst, "tie"},    // the judge likes the first place
      {kSecond, kSecond, "tie"},  // or the second
      {kTie, kTie, "tie"},        {kFirst, kTie, "tie"},     {kTie, kFirst, "tie"},
      {kTie, kSecond, "tie"},     {kSecond, kTie, "tie"},    {kNone, kSecond, "missing"},
      {kFirst, kNone, "missing"}, {kNone, kNone, "missing"},
  };
  for (const Case& row : table) {
    const Json counts = to_json(win_rate(std::vector<BothOrders>{{row.shown_first, row.shown_second}}));
    const std::string key = row.wanted == "win"    ? "wins"
                            : row.wanted == "tie"  ? "ties"
                            : row.wanted == "loss" ? "losses"
                                                   : "missing";
    CHECK(counts[key] == 1);
    CHECK(counts["wins"].get<int>() + counts["ties"].get<int>() + counts["losses"].get<int>() +
              counts["missing"].get<int>() ==
          1);
  }
}
