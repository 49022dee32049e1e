#include "evaluate/judges/endpoint_retry.h"

#include <doctest/doctest.h>

using namespace selfreward;

TEST_CASE("the wait doubles up to a minute, plus up to half of it by chance") {
  const Seed seed(7);
  for (int attempt = 0; attempt < 5; ++attempt) {
    const double wait = seconds_before_retry(attempt, std::nullopt, 1, seed), base = 1 << attempt;
    CHECK(wait >= base);
    CHECK(wait <= 1.5 * base);
  }
  CHECK(seconds_before_retry(60, std::nullopt, 1, seed) <= 90);
  CHECK(seconds_before_retry(0, std::nullopt, 1, Seed(1)) !=
        seconds_before_retry(0, std::nullopt, 1, Seed(2)));
}

TEST_CASE("Retry-After is honoured: never less than the server asked for") {
  for (int attempt = 0; attempt < 5; ++attempt) {
    CHECK(seconds_before_retry(attempt, 20.0, 1, Seed(3)) >= 20);
    CHECK(seconds_before_retry(attempt, 20.0, 1, Seed(3)) <= 30);
  }
}

TEST_CASE("a server that asks to come back in an hour is given up") {
  CHECK(decide({429, "{}", 3600.0}).next == Next::give_up);
  CHECK(decide({429, "{}", 60.0}).next == Next::retry);
  CHECK(decide({503, "", {}}).next == Next::retry);
  CHECK(decide({0, "", {}, "refused"}).reason == "refused");
  CHECK(decide({307, "", {}}).next == Next::give_up);  // a redirect is not followed
}

TEST_CASE("requests are evenly spaced, and none starts in a pause that the server asked for") {
  RequestPace pace(30);  // every 2 s
  CHECK(pace.reserve(100) == 0);
  CHECK(pace.reserve(100) == 2);
  CHECK(pace.reserve(101) == 3);
  pace.hold_until(200);
  CHECK(pace.reserve(150) == 50);
  RequestPace unlimited(0);
  CHECK(unlimited.reserve(5) == 0);
  CHECK(unlimited.reserve(5) == 0);
}
