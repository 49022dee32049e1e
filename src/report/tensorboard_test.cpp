#include "report/tensorboard.h"

#include <doctest/doctest.h>

#include "report/event_file.h"
#include "support/report_example.h"

using namespace selfreward;

namespace {

/// The example run with its event files; left there for tests/python/read_run.py.
RunPaths example() {
  const fs::path dir = fs::path(SELFREWARD_REPORT_EXAMPLE).parent_path() / "tensorboard_example";
  fs::remove_all(dir);
  write_example_run(dir);
  return RunPaths(dir);
}

}  // namespace

TEST_CASE("the file of a training under way has the bytes of the finished one's beginning") {
  const TrainingFiles training = example().training(2);
  const fs::path file = training.dir / kEventFile;
  write_training_events(training);
  const std::string whole = read_file(file);
  TrainingEvents events(training.dir);
  const auto lines = read_lines(training.metrics());
  for (size_t i = 0; i < 50; ++i) events.add(parse_json(lines[i], "test"));
  const std::string part = read_file(file);
  CHECK(part.size() > 1000);
  const bool is_prefix = whole.starts_with(part) && part.size() < whole.size();
  CHECK(is_prefix);
}

TEST_CASE("a step that metrics.jsonl has twice is one event, and the same files give the same bytes") {
  const RunPaths run = example();
  const TrainingFiles training = run.training(2);
  write_training_events(training);
  const std::string once = read_file(training.dir / kEventFile);
  const std::string metrics = read_file(training.metrics());
  write_file_atomically(training.metrics(), metrics + read_lines(training.metrics())[3] + "\n{");
  write_training_events(training);
  const bool same = read_file(training.dir / kEventFile) == once;
  CHECK(same);
  write_round_events(run);
  const std::string rounds = read_file(run.root() / kEventFile);
  for (const char* tag : {"round/score_mean", "round/scores", "evaluation/gold/sampled/mean",
                          "evaluation/reward_model/pairwise_accuracy"}) {
    CAPTURE(tag);
    CHECK(rounds.find(tag) != std::string::npos);
  }
}
