#include "recipe/early_stopping.h"

#include <doctest/doctest.h>

#include "report/curves.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

const StepComparison kWon{10, 0, {6, 1, 3, 0}}, kLost{20, 10, {3, 1, 6, 0}}, kEven{30, 10, {4, 2, 4, 1}};

fs::path file_with(const std::string& name, const std::string& text) {
  const fs::path path = scratch(name);
  write_file_atomically(path, text);
  return path;
}

}  // namespace

TEST_CASE("only a won comparison makes a new best step; an even one is not won") {
  CHECK(state_after({}).best_step == 0);
  const StoppingState state = state_after({kWon, kLost, kEven});
  CHECK(state.best_step == 10);
  CHECK(state.last_step == 30);
  CHECK(state.without_gain == 2);
  CHECK(state_after({kLost, kWon}).without_gain == 0);
}

TEST_CASE("comparisons are read out of the training's metrics, whose last line may be torn") {
  const fs::path path = file_with("metrics.jsonl",
                                  "{\"step\":10,\"loss\":0.5}\n"
                                  "{\"step\":10,\"eval_win_rate\":0.65,\"eval_wins\":6,\"eval_ties\":1,"
                                  "\"eval_losses\":3,\"eval_missing\":2,"
                                  "\"eval_against\":0}\n{\"step\":11,\"loss\":0.4}\n{\"step\":20,\"eval_win");
  const auto comparisons = read_comparisons(path);
  REQUIRE(comparisons.size() == 1);
  CHECK(comparisons[0].step == 10);
  CHECK(comparisons[0].won());
  CHECK(comparisons[0].rate.missing == 2);
  CHECK(read_comparisons("/nowhere/metrics.jsonl").empty());
}

TEST_CASE("prompts that a model is evaluated on must not choose it") {
  RunConfig config;
  SeedData data;
  data.eval_prompts = {{"e", "write a poem", ""}};
  CHECK_NOTHROW(check_early_stopping(config, data));  // off
  config.dpo.eval_steps = 5;
  config.dpo.eval_prompts = file_with("good.jsonl", "{\"id\":\"v\",\"prompt\":\"write a letter\"}\n");
  CHECK_NOTHROW(check_early_stopping(config, data));
  config.dpo.eval_prompts = file_with("same.jsonl", "{\"id\":\"v\",\"prompt\":\"write a poem\"}\n");
  CHECK_THROWS_WITH_AS(check_early_stopping(config, data), doctest::Contains("take other prompts"), Error);
  config.dpo.eval_prompts = file_with("empty.jsonl", "");
  CHECK_THROWS_WITH_AS(check_early_stopping(config, data), doctest::Contains("has no rows"), Error);
}

TEST_CASE("the report's curves keep the loss of a step that was compared too") {
  const RunPaths run(scratch_dir());
  write_file_atomically(run.training(2).metrics(),
                        "{\"step\": 1, \"loss\": 3.0}\n{\"step\": 2, \"loss\": 2.0}\n"
                        "{\"step\": 2, \"eval_win_rate\": 0.6}\n{\"step\": 3, \"loss\": 1.0}\n");
  CHECK(read_training_curves(run)[0]["series"]["loss"] == Json{3.0, 2.0, 1.0});
}
