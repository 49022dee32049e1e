#include "report/tensorboard.h"

#include <doctest/doctest.h>

#include "report/event_file.h"
#include "support/report_example.h"

using namespace selfreward;

namespace {

/// The example run with its event files; left there for tests/python/read_run.py.
fs::path example() {
  const fs::path dir = fs::path(SELFREWARD_REPORT_EXAMPLE).parent_path() / "tensorboard_example";
  fs::remove_all(dir);
  write_example_run(dir);
  return dir;
}

}  // namespace

TEST_CASE("the file of a training under way has the bytes of the finished one's beginning") {
  const fs::path dir = example() / "training" / "M2";
  write_training_events(dir);
  const std::string whole = read_file(dir / kEventFile);
  TrainingEvents events(dir);
  const auto lines = read_lines(dir / "metrics.jsonl");
  for (size_t i = 0; i < 50; ++i) events.add(parse_json(lines[i], "test"));
  const std::string part = read_file(dir / kEventFile);
  CHECK(part.size() > 1000);
  const bool is_prefix = whole.starts_with(part) && part.size() < whole.size();
  CHECK(is_prefix);
}

TEST_CASE("a step that metrics.jsonl has twice is one event, and the same files give the same bytes") {
  const fs::path dir = example(), training = dir / "training" / "M2";
  write_training_events(training);
  const std::string once = read_file(training / kEventFile);
  const std::string metrics = read_file(training / "metrics.jsonl");
  write_file_atomically(training / "metrics.jsonl",
                        metrics + read_lines(training / "metrics.jsonl")[3] + "\n{");
  write_training_events(training);
  const bool same = read_file(training / kEventFile) == once;
  CHECK(same);
  write_round_events(dir);
  const std::string rounds = read_file(dir / kEventFile);
  for (const char* tag : {"round/score_mean", "round/scores", "evaluation/gold/sampled/mean",
                          "evaluation/reward_model/pairwise_accuracy"}) {
    CAPTURE(tag);
    CHECK(rounds.find(tag) != std::string::npos);
  }
}
