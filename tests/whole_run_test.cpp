// The whole program on a small playground run: killed at many points and started again, it must leave the
// same bytes as a run that nobody touched; and what it leaves must hang together.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <map>
#include <regex>
#include <set>
#include <thread>

#include "base/text_util.h"
#include "data/jsonl.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

using Seconds = std::chrono::duration<double>;

const std::vector<std::string> kSmall = {"eft.baseline_max_steps=4",
                                         "eft.max_prompts=40",
                                         "eft.max_examples=20",
                                         "sft.max_steps=6",
                                         "sft.save_steps=2",
                                         "prompts.num_prompts=24",
                                         "candidates.num_generations=4",
                                         "judge.num_evals_to_average=2",
                                         "dpo.train.max_steps=6",
                                         "dpo.train.save_steps=2",
                                         "evaluate.max_prompts=12",
                                         "generation.shard_size=8",
                                         "generation.max_batch_size=32",
                                         "report_to=tensorboard"};

/// Of one name: the report shows it.
fs::path run_named(const std::string& name) {
  return scratch(name) / "run";
}

fs::path fresh_run_named(const std::string& name) {
  fs::remove_all(run_named(name));
  return run_named(name);
}

pid_t start(const fs::path& run_dir, const std::vector<std::string>& settings) {
  std::vector<std::string> words = {SELFREWARD_PROGRAM, "run",
                                    SELFREWARD_SOURCE_DIR "/configs/playground.yaml", "--run-dir", run_dir};
  for (const std::string& setting : settings) {
    words.push_back("--set");
    words.push_back(setting);
  }
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    const int log = open("/dev/null", O_WRONLY);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    chdir(SELFREWARD_SOURCE_DIR);
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  return child;
}

/// The exit status, or nothing where the process had to be killed after `limit`.
std::optional<int> run_for(const fs::path& run_dir, Seconds limit, int signal = SIGKILL,
                           const std::vector<std::string>& settings = kSmall) {
  const pid_t child = start(run_dir, settings);
  const auto begin = std::chrono::steady_clock::now();
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() - begin > limit) {
      kill(child, signal);
      waitpid(child, &status, 0);
      if (!WIFEXITED(status)) return std::nullopt;
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return WEXITSTATUS(status);
}

/// A page without the time that the run took.
std::string without_time(const std::string& text) {
  return std::regex_replace(text, std::regex("\"wall_seconds\":[0-9.]+,"), "");
}

/// Everything a run keeps but its settings and its lock; the report shows the settings, so the directory's
/// name is masked, and so is its time.
std::map<std::string, std::string> results_of(const fs::path& run_dir) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(run_dir)) {
    const std::string name = fs::relative(entry.path(), run_dir).string();
    if (entry.is_regular_file() && name != ".lock" && name != "config.yaml")
      files[name] = replace_all(read_file(entry.path()), run_dir.string(), "RUN");
    if (name == "report.html") files[name] = without_time(files[name]);
  }
  return files;
}

/// Runs the settings once in peace and once with kills, and compares what both leave.
void check_killed_runs(const std::string& prefix, const std::vector<std::string>& settings) {
  const fs::path whole = fresh_run_named(prefix + "whole"), killed = fresh_run_named(prefix + "killed");
  const auto begin = std::chrono::steady_clock::now();
  REQUIRE(run_for(whole, Seconds(900), SIGKILL, settings) == 0);
  const Seconds duration = std::chrono::steady_clock::now() - begin;
  constexpr int kKills = 12;
  int kills = 0;
  while (kills < 60) {  // every life is longer than the one before, so that the run gets past every stage
    const Seconds life = duration / kKills * (1.0 + 0.15 * kills) + Seconds(0.4);
    const auto status = run_for(killed, life, kills % 4 == 3 ? SIGINT : SIGKILL, settings);
    if (status == 0) break;
    if (status) CHECK(*status == 130);  // stopped by SIGINT
    ++kills;
  }
  MESSAGE("killed ", kills, " times");
  CHECK(kills >= 4);
  const auto expected = results_of(whole), found = results_of(killed);
  std::set<std::string> names;
  for (const auto& [name, content] : expected) names.insert(name);
  for (const auto& [name, content] : found) names.insert(name);
  for (const std::string& name : names) {
    INFO(name);
    REQUIRE(expected.count(name) == 1);
    REQUIRE(found.count(name) == 1);
    const bool same_bytes = expected.at(name) == found.at(name);
    CHECK(same_bytes);
  }
}

}  // namespace

TEST_CASE("a run that is killed at many points and resumed leaves the same bytes as one that is not") {
  check_killed_runs("", kSmall);
}

TEST_CASE("early stopping: the best step becomes the next model, whatever kills the run in between") {
  std::vector<std::string> settings = kSmall;
  for (const char* setting :
       {"last_model=2", "dpo.eval_steps=2", "dpo.early_stopping_patience=2",
        "dpo.eval_prompts=playground/data/held_out_ranked.jsonl", "evaluate.enabled=false"})
    settings.push_back(setting);
  check_killed_runs("early_", settings);
  const fs::path run = run_named("early_whole");
  const Json stopping = read_json(run / "M1" / "round.json").at("early_stopping");
  CHECK(stopping["planned_steps"] == 6);
  CHECK(stopping["comparisons"].size() >= 2);
  const int64_t best = stopping["best_step"];
  CHECK(best % 2 == 0);
  CHECK(best <= stopping["steps"].get<int64_t>());
  CHECK(fs::exists(run / "M2" / "model.safetensors"));
  for (const auto& entry : fs::directory_iterator(run / "training" / "M2"))
    CHECK(entry.is_regular_file());  // neither candidates nor states are left
}

TEST_CASE("what a run leaves hangs together") {
  const fs::path run = run_named("whole");
  REQUIRE(fs::exists(run / "evaluation.json"));
  for (const char* round : {"M1", "M2"}) {
    const auto prompts = read_jsonl<Prompt>(run / round / "prompts.jsonl");
    const auto candidates = read_jsonl<Candidate>(run / round / "candidates.jsonl");
    const auto judgements = read_jsonl<Judgement>(run / round / "judgements.jsonl");
    CHECK(prompts.size() == 24);
    CHECK(candidates.size() == 24 * 4);
    CHECK(judgements.size() == candidates.size());
    std::map<std::pair<std::string, int64_t>, double> scores;
    for (const Judgement& judgement : judgements) {
      CHECK(judgement.replies.size() == 2);
      if (judgement.score) scores[{judgement.prompt_id, judgement.index}] = *judgement.score;
    }
    for (const PreferencePair& pair : read_jsonl<PreferencePair>(run / round / "preferences.jsonl")) {
      double best = -1, worst = 1e9;
      for (int64_t n = 0; n < 4; ++n)
        if (const auto found = scores.find({pair.prompt_id, n}); found != scores.end()) {
          best = std::max(best, found->second);
          worst = std::min(worst, found->second);
        }
      CHECK(pair.score_chosen == best);
      CHECK(pair.score_rejected == worst);
      CHECK(best > worst);
    }
  }
  const Json evaluation = read_json(run / "evaluation.json");
  CHECK(evaluation["models"].size() == 4);
  CHECK(evaluation["head_to_head"].size() == 6);
}

TEST_CASE("a finished run is not done again, and other settings in its directory are refused") {
  const fs::path run = run_named("whole");
  const auto before = results_of(run);
  const auto written = fs::last_write_time(run / "M3" / "model.safetensors");
  CHECK(run_for(run, Seconds(300)) == 0);
  const bool same_files = results_of(run) == before;
  CHECK(same_files);
  CHECK(fs::last_write_time(run / "M3" / "model.safetensors") == written);
  int status = 0;
  waitpid(start(run, {"dpo.beta=0.9"}), &status, 0);
  CHECK(WEXITSTATUS(status) == 1);
}

TEST_CASE("a monitor stops a run where it is asked to, and with another limit the run goes on to the same") {
  const fs::path run = fresh_run_named("stopped"), whole = run_named("whole");
  std::vector<std::string> settings = kSmall;
  settings.insert(settings.end(), {"monitor.length_ratio=0", "monitor.stop=length_ratio"});
  for (int times = 0; times < 2; ++times) {  // again it stops, and warns of nothing twice
    CHECK(run_for(run, Seconds(900), SIGKILL, settings) == 1);
    CHECK(!fs::exists(run / "M2" / "config.json"));
    int stops = 0;
    for (const std::string& line : read_lines(run / "warnings.jsonl")) {
      const Json row = parse_json(line, "warnings.jsonl");
      if (row["name"] != "length_ratio") continue;
      ++stops;
      CHECK(row["round"] == 1);
      CHECK(row["stage"] == "pairs");
      CHECK(row["limit"] == 0);
    }
    CHECK(stops == 1);
  }
  REQUIRE(run_for(run, Seconds(900)) == 0);
  auto expected = results_of(whole), found = results_of(run);
  for (const char* file : {"warnings.jsonl", "report.html"}) {  // here they have that warning too
    expected.erase(file);
    found.erase(file);
  }
  const bool same = expected == found;
  CHECK(same);
  for (const char* file :
       {"M1/monitors.json", "M2/monitors.json", "M1/README.md", "M3/README.md",
        "training/M2/events.out.tfevents.0.selfreward", "events.out.tfevents.0.selfreward"}) {
    CAPTURE(file);
    CHECK(found.count(file) == 1);
  }
  CHECK(found.count(".progress.json") == 0);
}
