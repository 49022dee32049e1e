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
