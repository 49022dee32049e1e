#include "recipe/judge_stopping.h"

#include <doctest/doctest.h>

#include "support/scratch.h"

using namespace selfreward;

namespace {

fs::path file_with(const std::string& name, const std::string& text) {
  const fs::path path = scratch(name);
  write_file_atomically(path, text);
  return path;
}

std::string row(const std::string& prompt, const std::string& answer, bool met) {
  return to_line(Json(VerdictRow{prompt + answer, prompt, answer, "Be short.", "", met, ""}));
}

Rubric checklist() {
  Rubric rubric = Rubric::load(SELFREWARD_SOURCE_DIR "/rubrics/checklist.yaml");
  return rubric;
}

RunConfig config_of(const fs::path& eval_data) {
  RunConfig config;
  config.judge.form = "checklist";
  config.judge.rubric = SELFREWARD_SOURCE_DIR "/rubrics/checklist.yaml";
  config.judge.num_evals_to_average = 1;
  config.eft.source = "verdicts";
  config.eft.eval_steps = 5;
  config.eft.eval_data = eval_data;
  config.data.eft = {file_with("eft.jsonl", row("trained", "a", true) + row("trained", "b", false))};
  return config;
}

}  // namespace

TEST_CASE("the first of the best steps is kept, and looks without a better judge are counted") {
  CHECK(state_after(std::vector<JudgeLook>()).best_step == 0);
  const StoppingState state = state_after(std::vector<JudgeLook>{{10, 0.5}, {20, 0.7}, {30, 0.7}, {40, 0.6}});
  CHECK(state.best_step == 20);
  CHECK(state.last_step == 40);
  CHECK(state.without_gain == 2);
  CHECK(state_after(std::vector<JudgeLook>{{10, 0.0}}).best_step ==
        10);  // a judge that is never right is the first
}

TEST_CASE("looks are read out of the training's metrics, whose last line may be torn") {
  const fs::path path = file_with("metrics.jsonl",
                                  "{\"step\":10,\"loss\":0.5}\n{\"step\":10,\"eval_judge_accuracy\":0.75}\n"
                                  "{\"step\":20,\"eval_judge_acc");
  const auto looks = read_looks(path);
  REQUIRE(looks.size() == 1);
  CHECK(looks[0].step == 10);
  CHECK(looks[0].accuracy == 0.75);
  CHECK(read_looks("/nowhere/metrics.jsonl").empty());
}

TEST_CASE("a judge is not chosen by prompts that it is trained on or measured on") {
  SeedData data;
  data.held_out_ranked = {{"e", "measured", {"a", "b"}, {0, 1}}};
  const auto read = [&](const std::string& text) {
    return judge_stopping_data(config_of(file_with("eval.jsonl", text)), data, checklist());
  };
  const auto good = read(row("new", "a", true) + row("new", "b", false));
  REQUIRE(good.size() == 1);
  CHECK(good[0].ranks == std::vector<double>{0, 1});
  CHECK_THROWS_WITH_AS(read(row("trained", "a", true) + row("trained", "b", false)),
                       doctest::Contains("is trained on"), Error);
  CHECK_THROWS_WITH_AS(read(row("measured", "a", true) + row("measured", "b", false)),
                       doctest::Contains("one of the evaluation"), Error);
  CHECK_THROWS_WITH_AS(read(row("new", "a", true) + row("new", "b", true)), doctest::Contains("all_equal 1"),
                       Error);
  RunConfig ranked =
      config_of(file_with("ranked.jsonl", R"({"id":"r","prompt":"new","answers":["a","b"],"ranks":[1,1]})"
                                          "\n"));
  ranked.eft.source = "ranks";
  ranked.judge.requirements = "rubric";
  CHECK_THROWS_WITH_AS(
      judge_stopping_data(ranked, data, Rubric::load(SELFREWARD_SOURCE_DIR "/rubrics/checklist.yaml")),
      doctest::Contains("all answers of each prompt have one rank"), Error);
}
