#include "report/run_view.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "support/report_example.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a sparkline goes from the smallest to the largest mean") {
  CHECK(sparkline({0, 1, 2, 3, 4, 5, 6, 7}, 8) == "▁▂▃▄▅▆▇█");
  CHECK(sparkline({0, 0, 7, 7}, 2) == "▁█");
  CHECK(sparkline({5, 5}, 8) == "▄▄");
  CHECK(sparkline({}, 8).empty());
}

TEST_CASE("a view is cut to the screen by characters, not bytes") {
  CHECK(clipped_to("▁▂▃▄\nab\nc\n", 2, 2) == "▁▂\nab");
  CHECK(clipped_to("ab\n", 80, 24) == "ab\n");
}

TEST_CASE("a run under way shows its stage, curves, rounds and warnings") {
  const fs::path dir = scratch_dir();
  write_example_run(dir);
  write_file_atomically(dir / ".progress.json",
                        R"({"stage": "M2/candidates.jsonl", "label": "candidates", "done": 500, "total": 2000,
      "unit": "prompts", "rate": 25, "seconds_left": 60, "note": "", "time": 1000})");
  write_file_atomically(dir / "warnings.jsonl",
                        "{\"round\": 1, \"stage\": \"pairs\", \"text\": \"61 % tie\"}\n{\"round\": 2, \"st");
  const std::string view = run_view(dir, 1005);
  CHECK(has(view,
            "M2/candidates.jsonl  candidates  ━━━━━━──────────────────  500/2000 prompts  25/s  55 s left"));
  CHECK(has(view, "rewards/margins"));
  CHECK(has(view, "loss"));
  CHECK(has(view, "warnings  1\n  round 1, pairs: 61 % tie"));
  CHECK(has(view, "4.41"));
  CHECK(has(view, "stopped; run the same command"));  // nobody holds its lock
  CHECK(has(run_view(dir, 1030), "30 s left  (30 s ago)"));
}

TEST_CASE("missing, torn and damaged files leave their part out") {
  const fs::path dir = scratch_dir();
  CHECK(has(run_view(dir, 0), "stopped"));
  write_file_atomically(dir / "config.yaml", "last_model: [");
  write_file_atomically(dir / ".progress.json", "{\"stage\": \"M2");
  write_file_atomically(dir / "evaluation.json", "[1, 2");
  write_file_atomically(dir / "M1" / "round.json", "[]");
  write_file_atomically(dir / "training" / "M2" / "metrics.jsonl",
                        "{\"step\": 1, \"loss\": 0.5}\n{\"step\": 2, \"loss\": null}\nnothing\n{\"step\"");
  const std::string view = run_view(dir, 0);
  CHECK(has(view, "training M2  step 2"));
  CHECK(has(view, "0.5 -> 0.5"));
  CHECK(!has(view, "round "));
}

TEST_CASE("a finished run says so, and a locked one is at work") {
  const fs::path dir = scratch_dir();
  write_file_atomically(dir / "config.yaml", "last_model: 2\n");
  write_file_atomically(dir / "M2" / "config.json", "{}");
  write_file_atomically(dir / "report.html", "");
  CHECK(has(run_view(dir, 0), "finished"));
  const int lock = ::open((dir / ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  CHECK(!is_at_work(dir));
  REQUIRE(::flock(lock, LOCK_EX | LOCK_NB) == 0);
  if (fs::exists("/proc/locks")) CHECK(has(run_view(dir, 0), "running\n"));
  ::close(lock);
  CHECK(!is_at_work(dir));
}
