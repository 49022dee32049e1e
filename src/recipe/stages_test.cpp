#include "recipe/stages.h"

#include <doctest/doctest.h>

#include <map>

using namespace selfreward;

namespace {

std::vector<Example> examples(const std::string& name, int count) {
  std::vector<Example> made;
  for (int i = 0; i < count; ++i) made.push_back({str(name, i), {{"user", "x"}, {"assistant", "y"}}, name});
  return made;
}

}  // namespace

TEST_CASE("EFT stands in M1's rows so many times as it has more epochs, and IFT once") {
  const SeedExamples seed{examples("ift", 10), examples("eft", 400)};
  RunConfig config;
  config.sft.num_train_epochs = 2;
  CHECK(first_training_rows(config, seed).size() == 410);
  config.sft.eft_epochs = 5;
  const auto rows = first_training_rows(config, seed);
  std::map<std::string, int> times;
  for (const Example& row : rows) ++times[row.id];
  int twice = 0;
  for (const Example& example : seed.eft) {
    CHECK((times[example.id] == 2 || times[example.id] == 3));
    twice += times[example.id] == 2;
  }
  CHECK(twice > 150);  // half of them
  CHECK(twice < 250);
  for (const Example& example : seed.ift) CHECK(times[example.id] == 1);
  CHECK(Json(first_training_rows(config, seed)) == Json(rows));
  config.sft.eft_epochs = 1;  // fewer than the instructions have
  CHECK(first_training_rows(config, seed).size() < 10 + 250);
}

TEST_CASE("dpo.replay_eft_share repeats the kind of seeds that is too rare") {
  const auto share_of_eft = [](int ift, int eft, double share) {
    RunConfig config;
    config.dpo.replay_eft_share = share;
    const auto rows = replayed_examples(config, {examples("ift", ift), examples("eft", eft)});
    int64_t judging = 0;
    for (const Example& row : rows) judging += row.id.starts_with("eft");
    return static_cast<double>(judging) / static_cast<double>(rows.size());
  };
  CHECK(share_of_eft(300, 100, 0) == 0.25);
  CHECK(share_of_eft(300, 100, 0.5) == 0.5);
  CHECK(share_of_eft(50, 400, 0.6) == doctest::Approx(0.6).epsilon(0.05));
  CHECK(share_of_eft(1000, 60, 0.3) == doctest::Approx(0.3).epsilon(0.05));
  CHECK(share_of_eft(30, 10, 1) == 1);
  RunConfig config;
  config.dpo.replay_eft_share = 0.5;
  config.last_model = 1;
  CHECK_NOTHROW(check_replay(config, {examples("ift", 3), {}}));  // nothing is replayed
  config.last_model = 2;
  CHECK_THROWS_WITH_AS(check_replay(config, {examples("ift", 3), {}}), doctest::Contains("3 IFT and 0 EFT"),
                       Error);
  CHECK_THROWS_WITH_AS(share_of_eft(30, 0, 0.5), doctest::Contains("30 IFT and 0 EFT examples"), Error);
  for (const double far : {1e-5, 1 - 1e-5})
    CHECK_THROWS_WITH_AS(share_of_eft(30, 10, far), doctest::Contains("more than 1000 times as often"),
                         Error);
}
