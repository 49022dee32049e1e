#include "plan/dry_run.h"

#include <doctest/doctest.h>

#include "support/fixtures.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

const fs::path kModel = kSource / "tests/fixtures/tiny_llama";

/// The playground's settings and data with a tiny model, in a run directory that is not there.
RunConfig playground_config(const std::vector<std::string>& more = {}) {
  const std::string data = (kSource / "playground/data").string();
  std::vector<std::string> overrides = {"run_dir=" + scratch("run").string(),
                                        "model.model_name_or_path=" + kModel.string(),
                                        "data.ift=[" + data + "/ift.jsonl]",
                                        "data.ranked=[" + data + "/ranked.jsonl]",
                                        "data.eval_prompts=" + data + "/held_out_prompts.jsonl",
                                        "data.eval_ranked=" + data + "/held_out_ranked.jsonl",
                                        "data.gold=" + (kSource / "playground/gold.yaml").string(),
                                        "judge.rubric=" + (kSource / "playground/rubric.yaml").string()};
  overrides.insert(overrides.end(), more.begin(), more.end());
  return load_config(kSource / "configs/playground.yaml", overrides);
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a dry run of the loop tells what is to come and writes nothing") {
  const RunConfig config = playground_config({"model.device=cpu"});
  fs::remove_all(config.run_dir);
  const std::string text = dry_run(config, false);
  CHECK_FALSE(fs::exists(config.run_dir));
  for (const char* part :
       {"settings that differ from the defaults", "dpo.beta: 0.3", "IFT examples: 150", "SFT steps of M1: 60",
        "candidates of a round: 8000", "judgements of a round: 24000", "\n  SFT  ", "\n  judge  ",
        "\n  reference  ", "\n  DPO  ", "first example: judge"})
    CHECK_MESSAGE(contains(text, part), part);
}

TEST_CASE("errors of a dry run are those of the run") {
  CHECK_THROWS_WITH_AS(dry_run(playground_config({"data.gold=nowhere.yaml"}), false),
                       doctest::Contains("nowhere.yaml"), Error);
  CHECK_THROWS_WITH_AS(dry_run(playground_config({"lora.r=4", "lora.target_modules=[nothing]"}), false),
                       doctest::Contains("no matrix of the model is called \"nothing\""), Error);
  CHECK_THROWS_WITH_AS(dry_run(playground_config({"sft.max_length=2"}), false),
                       doctest::Contains("no rows to train on"), Error);
}

TEST_CASE("a checklist judge is asked about each requirement, and what it lacks is known at the start") {
  const fs::path verdicts = scratch("verdicts.jsonl");
  write_file_atomically(
      verdicts, R"({"id":"a","prompt":"P","answer":"An answer.","requirement":"Be short.","met":true})"
                "\n");
  const auto run = [&](const std::vector<std::string>& more) {
    std::vector<std::string> settings = {"model.device=cpu",
                                         "judge.form=checklist",
                                         "judge.rubric=" + (kSource / "verifiable/checklist.yaml").string(),
                                         "prompts.file=" + (kSource / "verifiable/train.jsonl").string(),
                                         "prompts.num_prompts=20",
                                         "eft.source=verdicts",
                                         "data.eft=[" + verdicts.string() + "]",
                                         "evaluate.enabled=false"};
    settings.insert(settings.end(), more.begin(), more.end());
    return dry_run(playground_config(settings), false);
  };
  const std::string text = run({});
  for (const char* part : {"EFT examples: 1", "judgements of a round: 240 on each requirement",
                           "Requirement: Write two paragraphs with a blank line between them."})
    CHECK_MESSAGE(contains(text, part), part);
  const std::vector<std::pair<std::vector<std::string>, std::string>> wrong = {
      {{"eft.source=self"}, "eft.source is self, which makes judgements of whole answers"},
      {{"eft.source=ranks"}, "the rank of an answer says nothing about a single requirement of its prompt"},
      {{"prompts.file="}, "new prompts that a model writes have no requirements"},
      {{"evaluate.enabled=true"}, "but a checklist asks about them"},
      {{"judge.form=rubric"}, "judge.form is rubric, but the template of"},
      {{"judge.read=expected"}, "no token of the model's vocabulary spells 'no'"},
      {{"dpo.replay_eft_share=0.000001"}, "more than 1000 times as often as others"},
      {{"judge.requirements=rubric"}, "has no list of requirements"}};
  for (const auto& [settings, message] : wrong)
    CHECK_THROWS_WITH_AS(run(settings), doctest::Contains(message.c_str()), Error);
}

TEST_CASE("given prompts take the place of new ones, and a file with too few is an error") {
  const std::string file = "prompts.file=" + (kSource / "playground/data/held_out_prompts.jsonl").string();
  const std::string text =
      dry_run(playground_config({"model.device=cpu", file, "prompts.num_prompts=20"}), false);
  CHECK(!contains(text, "first example: new prompts"));
  CHECK(contains(text, "candidates of a round: 80"));
  CHECK_THROWS_WITH_AS(dry_run(playground_config({file, "prompts.num_prompts=300"}), false),
                       doctest::Contains("has 500 prompts, but 2 rounds"), Error);
}

TEST_CASE("a dry run of SFT or DPO alone shows the first row and what is learnt of it") {
  RunConfig config;
  config.sft.train_batch_size = 1;
  const Example example{"a", {{"user", "Hello"}, {"assistant", "Good day"}}, "ift"};
  const std::string sft = dry_run_sft(config, kModel, {example, example});
  CHECK(contains(sft, "steps: 2\n"));
  CHECK(contains(sft, "⟦Good day"));
  const PreferencePair pair{"p", {{"user", "Hello"}}, "Good day", "No", {}, {}, {}, {}};
  CHECK(contains(dry_run_dpo(config, kModel, {pair}, {}), "pairs: 1; left out: nothing"));
}

TEST_CASE("every line of bench/paper_comparisons is a run that can be made") {
  int count = 0;
  for (const std::string& line : read_lines(kSource / "bench/paper_comparisons")) {
    if (!line.starts_with("  \"")) continue;
    std::istringstream words(line.substr(3, line.rfind('"') - 3));
    std::string name, setting;
    std::vector<std::string> settings;
    for (words >> name; words >> setting;) {
      const size_t file = setting.find("=playground/");
      settings.push_back(file == std::string::npos
                             ? setting
                             : setting.substr(0, file + 1) + (kSource / setting.substr(file + 1)).string());
    }
    INFO(name);
    const RunConfig config = playground_config(settings);
    CHECK_NOTHROW(validate_whole_run(config));
    CHECK(contains(dry_run(config, false), "candidates of a round: 8000"));
    ++count;
  }
  CHECK(count == 7);
}

TEST_CASE("early stopping without what it needs is an error before anything is trained") {
  const auto run = [](const std::vector<std::string>& more) {
    std::vector<std::string> settings{"dpo.eval_steps=10"};
    settings.insert(settings.end(), more.begin(), more.end());
    validate_whole_run(playground_config(settings));
  };
  const std::string prompts =
      "dpo.eval_prompts=" + (kSource / "playground/data/held_out_ranked.jsonl").string();
  CHECK_NOTHROW(run({prompts}));
  CHECK_THROWS_WITH_AS(run({}), doctest::Contains("dpo.eval_prompts is empty"), Error);
  CHECK_THROWS_WITH_AS(run({prompts, "dpo.method=positive_only"}), doctest::Contains("only DPO"), Error);
  CHECK_THROWS_WITH_AS(run({prompts, "dpo.eval_judge=gold", "data.gold="}), doctest::Contains("data.gold"),
                       Error);
  CHECK_THROWS_WITH_AS(run({prompts, "dpo.eval_judge=pairwise"}), doctest::Contains("pairwise_rubric"),
                       Error);
}
