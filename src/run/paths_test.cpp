#include "run/paths.h"

#include <doctest/doctest.h>

using namespace selfreward;

TEST_CASE("a model's name says its number, and no other name does") {
  for (const int64_t t : {0, 1, 9, 10, 123}) CHECK(model_number(model_name(t)) == t);
  for (const char* name : {"", "M", "m1", "M-1", "M+1", "M1x", "M01", "M1.tmp", "sft_baseline"})
    CHECK_MESSAGE(!model_number(name), name);
  CHECK(!model_number("M99999999999999999999"));
}

TEST_CASE("the files of a run lie where docs/formats.md says") {
  const RunPaths run(fs::path("run"));
  CHECK(run.round_records(2, "candidates") == "run/M2/candidates.jsonl");
  CHECK(run.round_summary(2) == "run/M2/round.json");
  CHECK(run.model_card(3) == "run/M3/README.md");
  CHECK(run.seed_summary() == "run/seed/summary.json");
  CHECK(run.evaluation_records("M1", "answers") == "run/evaluation/M1/answers.jsonl");
  CHECK(run.training(2).metrics() == "run/training/M2/metrics.jsonl");
  CHECK(run.training("sft_baseline").dir == "run/training/sft_baseline");
}

TEST_CASE("M0 is where the settings say") {
  RunConfig config;
  config.run_dir = "run";
  config.model.model_name_or_path = "checkpoints/base";
  const RunPaths run(config);
  CHECK(run.model(0) == "checkpoints/base");
  CHECK(run.model(1) == "run/M1");
}
