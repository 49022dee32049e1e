#include "run/outputs.h"

#include <doctest/doctest.h>

#include "base/text_util.h"
#include "support/fixtures.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

/// A run whose files are copies, so that a test may change them; all outputs of round 1 are there.
class Run {
 public:
  explicit Run(const std::string& name) : dir_(scratch_dir(name)) {
    for (const char* file : {"ift.jsonl", "ranked.jsonl", "held_out_prompts.jsonl", "held_out_ranked.jsonl"})
      fs::copy(kSource / "playground/data" / file, dir_ / file);
    fs::copy(kSource / "playground/rubric.yaml", dir_ / "rubric.yaml");
    fs::copy(kSource / "playground/m0", dir_ / "m0");
    config = load_config({}, settings());
    for (const Output& output : run_outputs(config, RunPaths(config))) make(output);
  }

  std::vector<std::string> settings() const {
    const auto at = [&](const char* file) { return (dir_ / file).string(); };
    return {"run_dir=" + at("run"),
            "model.model_name_or_path=" + at("m0"),
            "data.ift=" + at("ift.jsonl"),
            "data.ranked=" + at("ranked.jsonl"),
            "data.eval_prompts=" + at("held_out_prompts.jsonl"),
            "data.eval_ranked=" + at("held_out_ranked.jsonl"),
            "judge.rubric=" + at("rubric.yaml"),
            "last_model=2"};
  }

  /// The outputs that would have to be made again.
  std::vector<std::string> outdated_names() const {
    std::vector<std::string> names;
    for (const Output& output : outdated(run_outputs(config, RunPaths(config)))) names.push_back(output.name);
    return names;
  }
  void change(const char* file) const { write_file_atomically(dir_ / file, read_file(dir_ / file) + "\n"); }
  fs::path path(const char* file) const { return dir_ / file; }

  RunConfig config;

 private:
  /// What stands for a result; inputs are read anew, as the outputs before are there now.
  void make(const Output& named) const {
    for (const Output& output : run_outputs(config, RunPaths(config))) {
      if (output.name != named.name) continue;
      take_up(output, false, "");
      const bool is_model = output.paths.front().extension() != ".jsonl";
      const fs::path file = is_model ? output.paths.front() / "config.json" : output.paths.front();
      write_file_atomically(file, output.name);
    }
  }

  fs::path dir_;
};

using Names = std::vector<std::string>;

const Names kEvaluationOfM1 = {"evaluation/M1/sampled.jsonl", "evaluation/M1/greedy.jsonl",
                               "evaluation/M1/judgements.jsonl"};
const Names kEvaluationOfM2 = {"evaluation/M2/sampled.jsonl", "evaluation/M2/greedy.jsonl",
                               "evaluation/M2/judgements.jsonl"};

Names together(std::vector<Names> lists) {
  Names all;
  for (const Names& list : lists) all.insert(all.end(), list.begin(), list.end());
  return all;
}

}  // namespace

TEST_CASE("a run that nothing has changed for is up to date, and settings of memory and speed may change") {
  Run run("same");
  CHECK(run.outdated_names().empty());
  for (const char* setting :
       {"generation.shard_size=7", "generation.max_batch_size=3", "sft.micro_batch_tokens=100",
        "sft.logging_steps=5", "sft.save_steps=2", "dpo.train.gradient_checkpointing=true",
        "report_to=tensorboard", "monitor.ties=0.5", "last_model=2"}) {
    INFO(setting);
    auto settings = run.settings();
    settings.push_back(setting);
    run.config = load_config({}, settings);
    CHECK(run.outdated_names().empty());
  }
}

TEST_CASE("other settings of a stage make its output outdated, and what was made from it") {
  Run run("settings");
  const auto outdated_by = [&](const std::string& setting) {
    auto settings = run.settings();
    settings.push_back(setting);
    run.config = load_config({}, settings);
    return run.outdated_names();
  };
  CHECK(outdated_by("dpo.beta=0.7") == together({{"M2"}, kEvaluationOfM2}));
  CHECK(outdated_by("judge.num_evals_to_average=1") ==
        together({{"M1/judgements.jsonl", "M1/preferences.jsonl", "M2"},
                  {"evaluation/M0/judgements.jsonl", "evaluation/M1/judgements.jsonl"},
                  kEvaluationOfM2}));
  CHECK(outdated_by("evaluate.sampling.temperature=0.1") ==
        Names{"evaluation/M0/sampled.jsonl", "evaluation/M0/greedy.jsonl", "evaluation/M1/sampled.jsonl",
              "evaluation/M1/greedy.jsonl", "evaluation/M2/sampled.jsonl", "evaluation/M2/greedy.jsonl"});
  const Names by_sft = outdated_by("sft.learning_rate=0.5");
  CHECK(by_sft.front() == "sft_baseline");  // is trained by sft.* too
  CHECK(std::count(by_sft.begin(), by_sft.end(), "M1") == 1);
  CHECK(std::count(by_sft.begin(), by_sft.end(), "M1/candidates.jsonl") == 1);
  CHECK(std::count(by_sft.begin(), by_sft.end(), "evaluation/M0/sampled.jsonl") == 0);
  CHECK(outdated_by("seed=2").front() == "sft_baseline");
}

TEST_CASE("another content of a file or of weights under the same name is noticed") {
  const std::pair<const char*, const char*> first_by_file[] = {
      {"ift.jsonl", "sft_baseline"},
      {"ranked.jsonl", "sft_baseline"},
      {"rubric.yaml", "sft_baseline/judgements.jsonl"},
      {"held_out_prompts.jsonl", "evaluation/M0/sampled.jsonl"},
      {"m0/tokenizer_config.json", "sft_baseline"},
      {"run/M1/config.json", "M1/candidates.jsonl"},
      {"run/M1/candidates.jsonl", "M1/judgements.jsonl"},
      {"run/M1/preferences.jsonl", "M2"},
  };
  for (const auto& [file, first] : first_by_file) {
    INFO(file);
    const Run run("content");
    run.change(file);
    REQUIRE(!run.outdated_names().empty());
    CHECK(run.outdated_names().front() == first);
  }
}

TEST_CASE("an output of other inputs ends the run before it does anything, or is made again") {
  const Run run("overwrite");
  const auto outputs = run_outputs(run.config, RunPaths(run.config));
  run.change("run/M1/preferences.jsonl");
  const auto now = run_outputs(run.config, RunPaths(run.config));
  CHECK_THROWS_WITH_AS(
      check_outputs(now, false),
      doctest::Contains("M2 was made from something else: preferences: preferences.jsonl has "
                        "another content"),
      Error);
  CHECK_THROWS_WITH_AS(check_outputs(now, false), doctest::Contains("make again: M2, evaluation/M2"), Error);
  CHECK(fs::exists(run.path("run/M2")));
  CHECK(check_outputs(now, true).front() == "M2");
  CHECK(!fs::exists(run.path("run/M2")));
  CHECK(!fs::exists(run.path("run/evaluation/M2/sampled.jsonl")));
  CHECK(fs::exists(run.path("run/M1/candidates.jsonl")));
  CHECK(check_outputs(run_outputs(run.config, RunPaths(run.config)), false).empty());
}

TEST_CASE("what is made again takes its warnings with it, and leaves those of what stays") {
  Run run("warnings");
  const RunPaths paths(run.config);
  const auto warning = [](int64_t round, const char* stage) {
    return Json{{"round", round}, {"stage", stage}, {"name", "a"}};
  };
  write_warnings(paths.warnings(), {warning(0, "M1"), warning(1, "judgements"), warning(1, "pairs"),
                                    warning(1, "M2"), warning(1, "judge"), warning(2, "evaluation")});
  run.change("run/M1/preferences.jsonl");
  {
    RunDirectory directory(run.config);
    take_up_run(run.config, directory, /*overwrite=*/true);
  }
  std::vector<std::string> stages;
  for (const Json& row : read_warnings(paths.warnings())) stages.push_back(row.at("stage"));
  CHECK(stages == std::vector<std::string>{"M1", "judgements", "pairs", "judge", "evaluation"});
}

TEST_CASE("settings of an adapter matter only where there is one") {
  Run run("lora");
  auto settings = run.settings();
  settings.push_back("lora.lora_alpha=7");
  run.config = load_config({}, settings);
  CHECK(run.outdated_names().empty());
  settings.push_back("lora.r=4");
  run.config = load_config({}, settings);
  CHECK(run.outdated_names().front() == "sft_baseline");
}
