#include "evaluate/benchmarks/alpaca_eval.h"

#include <doctest/doctest.h>

#include "support/fixtures.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

std::vector<Annotation> annotations_of(const Json& rows) {
  std::vector<Annotation> annotations;
  for (const Json& row : rows) {
    Annotation annotation;
    annotation.output_1 = row.at("output_1").get<std::string>();
    annotation.output_2 = row.at("output_2").get<std::string>();
    annotation.generator_2 = "model";
    if (!row.at("preference").is_null()) annotation.preference = row.at("preference").get<double>();
    annotations.push_back(annotation);
  }
  return annotations;
}

double difference(double share, const Json& golden, const char* key) {
  return std::abs(share * 100 - golden.at(key).get<double>());
}

/// Percent. alpaca_eval's solver stops at a tolerance of 1e-4; `exact` is the same with a tolerance of 1e-12.
void check_row(const LeaderboardRow& row, const Json& golden, const Json& exact) {
  CHECK(*row.win_rate == doctest::Approx(golden.at("win_rate").get<double>()).epsilon(1e-12));
  CHECK(*row.standard_error == doctest::Approx(golden.at("standard_error").get<double>()).epsilon(1e-12));
  CHECK(*row.discrete_win_rate ==
        doctest::Approx(golden.at("discrete_win_rate").get<double>()).epsilon(1e-12));
  CHECK(row.n_wins == golden.at("n_wins"));
  CHECK(row.n_wins_base == golden.at("n_wins_base"));
  CHECK(row.n_draws == golden.at("n_draws"));
  CHECK(row.n_total == golden.at("n_total"));
  REQUIRE(row.length_control);
  CHECK(difference(row.length_control->win_rate, golden, "length_controlled_winrate") < 0.01);
  // Without difficulties all predictions are one: alpaca_eval says 0, we say that nothing is known.
  const double error = row.length_control->standard_error.value_or(0);
  CHECK(difference(error, golden, "lc_standard_error") < 0.01);
  CHECK(difference(row.length_control->win_rate, exact, "length_controlled_winrate") < 1e-6);
  CHECK(difference(error, exact, "lc_standard_error") < 1e-6);
}

}  // namespace

// tests/fixtures/alpaca_golden.json is made by tests/golden/make_alpaca_golden.py with alpaca_eval 0.6.6.
TEST_CASE("win rates, length-controlled ones too, equal alpaca_eval's") {
  const Json golden = read_json(kFixtures / "alpaca_golden.json");
  const auto gamed = read_gamed(kFixtures / "alpaca_gamed.csv");
  REQUIRE(gamed.size() == 80);
  REQUIRE(golden.at("cases").size() == 4);
  for (const Json& example : golden.at("cases")) {
    const auto annotations = annotations_of(example.at("rows"));
    const Json &results = example.at("results"), &exact = example.at("exact");
    const char *v1 = "length_controlled_v1", *minimal = "length_controlled_minimal";
    check_row(leaderboard_row(annotations, gamed), results.at(v1), exact.at(v1));
    check_row(leaderboard_row(annotations, {}), results.at(minimal), exact.at(minimal));
    CHECK(!leaderboard_row(annotations, {}).length_control->standard_error);
  }
}

TEST_CASE("where length control cannot be, the row says why and the rest is there") {
  std::vector<Annotation> annotations(12);
  for (size_t i = 0; i < annotations.size(); ++i) {
    annotations[i].output_1 = annotations[i].output_2 = "same";
    annotations[i].preference = i % 2 ? 1 : 2;
  }
  const LeaderboardRow row = leaderboard_row(annotations, {});
  CHECK(!row.length_control);
  CHECK(row.no_length_control == "all answers differ by the same length");
  CHECK(row.win_rate == 50);
  annotations.resize(3);
  annotations[0].output_1 = "longer";
  CHECK(leaderboard_row(annotations, {}).no_length_control == "fewer than 10 preferences");
  CHECK(leaderboard_csv({row}).find("\n,50,") != std::string::npos);
  CHECK(leaderboard_csv({row}).find(",4,,\n") != std::string::npos);
}

// alpaca_eval's own examples: from 20 %, below 10 or above 40 is extreme; from 50 %, 37.5 and 62.5 are the
// bounds.
TEST_CASE("a controlled rate that is far from the plain one is told") {
  CHECK(is_far(0.2, 0.09));
  CHECK(!is_far(0.2, 0.11));
  CHECK(is_far(0.2, 0.41));
  CHECK(!is_far(0.2, 0.39));
  CHECK(is_far(0.5, 0.37));
  CHECK(!is_far(0.5, 0.62));
}

TEST_CASE("difficulties of another set of instructions are an error") {
  std::vector<Annotation> annotations(100);
  annotations[3].output_1 = "longer";
  CHECK_THROWS_WITH(leaderboard_row(annotations, read_gamed(kFixtures / "alpaca_gamed.csv")),
                    doctest::Contains("have no instruction 40"));
}

TEST_CASE("a preference that is none and a second comparison in the file are errors with their row") {
  const fs::path file = scratch("annotations.json");
  const auto row = [](const char* second, const Json& preference) {
    return Json{{"instruction", "q"}, {"output_1", "a"},       {"generator_1", "base"},
                {"output_2", "b"},    {"generator_2", second}, {"preference", preference}};
  };
  write_file_atomically(file, Json{row("m", 0), row("m", nullptr), row("m", 1.25)}.dump());
  const auto read = read_annotations(file);
  CHECK(read[0].preference == 1.5);
  CHECK(!read[1].preference);
  write_file_atomically(file, Json{row("m", 2), row("m", 2.5)}.dump());
  CHECK_THROWS_WITH(read_annotations(file), doctest::Contains("row 2: preference is 2.5"));
  write_file_atomically(file, Json{row("m", 2), row("n", 2)}.dump());
  CHECK_THROWS_WITH(read_annotations(file), doctest::Contains("a file of one comparison is wanted"));
  write_file_atomically(file, Json{row("\033[31mm", 2), row("m", 2)}.dump());
  CHECK_THROWS_WITH(read_annotations(file), doctest::Contains("the generator is \"\\u001b[31mm\""));
}
