// Small whole runs with every other choice of pairs, form of judging and training of the judge: what each leaves behind,
// that a second call makes nothing again, and that other settings are noticed.
#include <algorithm>

#include "data/jsonl.h"
#include "data/records.h"
#include "feedback/pairs/candidate_reward.h"
#include "support/program.h"

using namespace selfreward;
using namespace selfreward::program;

namespace {

/// A run of a few seconds on the playground; M2 is its last model.
std::string run_with(const std::string& more) {
  return "run " SELFREWARD_SOURCE_DIR
         "/configs/playground.yaml --run-dir run --set eft.source=ranks --set eft.max_prompts=40 --set sft.max_steps=6 "
         "--set prompts.num_prompts=16 --set judge.num_evals_to_average=1 --set dpo.train.max_steps=3 --set "
         "evaluate.enabled=false --set last_model=2 --set generation.shard_size=8 " +
         more;
}

Result run(const std::string& more) {
  return selfreward_does(run_with(more));
}

std::string bytes(const std::string& file) {
  return read_file(kRoot / "run" / file);
}

/// It runs, and again to the same bytes.
void check_runs(const std::string& settings, const std::vector<std::string>& files) {
  const Result first = run(settings);
  REQUIRE_MESSAGE(first.code == 0, first.text);
  std::vector<std::string> before;
  for (const std::string& file : files) before.push_back(bytes(file));
  REQUIRE(run(settings).code == 0);
  for (size_t i = 0; i < files.size(); ++i) CHECK_MESSAGE(bytes(files[i]) == before[i], files[i]);
}

}  // namespace

TEST_CASE("anchored pairs: the rejected answers are an earlier model's, which M1 has judged") {
  fresh();
  const std::string settings = "--set pairs.choose=anchored --set pairs.anchor=M0 ";
  check_runs(settings, {"M1/anchors.jsonl", "M1/anchor_judgements.jsonl", "M1/preferences.jsonl",
                        "M2/model.safetensors"});
  const auto anchors = read_jsonl<Candidate>(kRoot / "run/M1/anchors.jsonl");
  CHECK(anchors.size() == 16 * 4);
  const auto is_an_anchor = [&](const PreferencePair& pair) {
    return std::any_of(anchors.begin(), anchors.end(), [&](const Candidate& anchor) {
      return anchor.prompt_id == pair.prompt_id && anchor.text == pair.rejected;
    });
  };
  const auto pairs = read_jsonl<PreferencePair>(kRoot / "run/M1/preferences.jsonl");
  REQUIRE(!pairs.empty());
  for (const PreferencePair& pair : pairs) CHECK(is_an_anchor(pair));
  CHECK(run("--set pairs.choose=anchored").says("was made from something else"));  // M1's answers, not M0's
  CHECK(run("--set pairs.anchor=M0").says("pairs.choose is best_worst"));
}

TEST_CASE("pairs on which judge and implicit reward agree, and a label by how well they do") {
  fresh();
  const std::string settings = "--set pairs.keep=agree --set dpo.soft_label=consistency ";
  check_runs(settings, {"M1/rewards.jsonl", "M1/preferences.jsonl", "M2/model.safetensors"});
  const auto rewards = read_jsonl<CandidateReward>(kRoot / "run/M1/rewards.jsonl");
  CHECK(rewards.size() == 16 * 4);
  const double consistency = read_json(kRoot / "run/M1/round.json").at("consistency");
  CHECK(consistency > 0);
  CHECK(consistency < 1);
  const auto reward_of = [&](const std::string& prompt, const TokenIds& ids) {
    for (const Candidate& candidate : read_jsonl<Candidate>(kRoot / "run/M1/candidates.jsonl"))
      if (candidate.prompt_id == prompt && candidate.token_ids == ids)
        for (const CandidateReward& reward : rewards)
          if (reward.prompt_id == prompt && reward.index == candidate.index) return reward.reward();
    return -1e9;
  };
  for (const PreferencePair& pair : read_jsonl<PreferencePair>(kRoot / "run/M1/preferences.jsonl"))
    CHECK(reward_of(pair.prompt_id, pair.chosen_ids) > reward_of(pair.prompt_id, pair.rejected_ids));
  CHECK(run("--set pairs.keep=all").says("was made from something else"));
}

TEST_CASE("a pairwise judge scores by comparisons, and learns from ranks") {
  fresh();
  write_file_atomically(kRoot / "two.yaml",
                        "template: 'judge : {instruction} answer : {response_a} or {response_b} ;'\n"
                        "verdict_pattern: '\\b(A|B)\\b'\nverdict_line: '{verdict}'\n");
  const std::string settings = "--set judge.form=pairwise --set judge.rubric=two.yaml ";
  check_runs(settings, {"seed/eft.jsonl", "M1/judgements.jsonl", "M2/model.safetensors"});
  const auto judgements = read_jsonl<Judgement>(kRoot / "run/M1/judgements.jsonl");
  REQUIRE(judgements.size() == 16 * 4);
  for (const Judgement& judgement : judgements)
    if (judgement.score) CHECK((*judgement.score >= 0 && *judgement.score <= 5));
  for (const Example& example : read_jsonl<Example>(kRoot / "run/seed/eft.jsonl"))
    CHECK((example.messages[1].content == "A" || example.messages[1].content == "B"));
  CHECK(run("--set judge.form=pairwise --set judge.rubric=two.yaml --set judge.read=expected")
            .says("judge.read was"));
  CHECK(run("--set judge.form=pairwise --set judge.rubric=" + kRubric)
            .says("has neither {requirement} nor {response_a}"));
  write_file_atomically(kRoot / "two.yaml", "template: '{instruction} {response_a} {response_b}'\n");
  CHECK(run(settings).says("has no verdict_pattern"));
}

TEST_CASE("a model compares its own judgements, and DPO prefers the better ones") {
  fresh();
  write_file_atomically(
      kRoot / "meta.yaml",
      "template: '{instruction} {response_a} or {response_b} ;'\nverdict_pattern: '\\b(a|b)\\b'\n");
  const std::string settings = "--set pairs.meta_rubric=meta.yaml --set judge.num_evals_to_average=4 ";
  check_runs(settings, {"M1/meta_judgements.jsonl", "M1/judgement_pairs.jsonl", "M2/model.safetensors"});
  const auto pairs = read_jsonl<PreferencePair>(kRoot / "run/M1/judgement_pairs.jsonl");
  REQUIRE(!pairs.empty());
  for (const PreferencePair& pair : pairs) {
    CHECK(pair.prompt_id.ends_with("/judge"));
    CHECK(pair.prompt.back().content.starts_with("judge : "));
    CHECK(*pair.score_chosen > *pair.score_rejected);
  }
  CHECK(read_json(kRoot / "run/M1/round.json")["judgement_pairs"]["pairs"] == pairs.size());
  CHECK(run(settings + "--dry-run").says("comparisons of judgements"));
  const std::string with_them = bytes("M2/model.safetensors");
  fs::remove_all(kRoot / "run");
  CHECK(stopped_at(run_with(settings), kRoot / "run/M1/meta_judgements.jsonl.partial", 1, SIGKILL) == -1);
  CHECK_FALSE(fs::exists(kRoot / "run/M2"));
  REQUIRE(run(settings).code == 0);
  const bool as_without_a_stop = bytes("M2/model.safetensors") == with_them;
  CHECK(as_without_a_stop);
  write_file_atomically(
      kRoot / "meta.yaml",
      "template: '{instruction} {response_b} or {response_a} ;'\nverdict_pattern: '\\b(a|b)\\b'\n");
  CHECK(run(settings).says("pairs.meta_rubric"));
  const Result without = run("--set judge.num_evals_to_average=4 --overwrite");
  CHECK(without.says("M2"));
  const bool same = bytes("M2/model.safetensors") == with_them;
  CHECK_FALSE(same);
  write_file_atomically(
      kRoot / "meta.yaml",
      "template: '{instruction} {response_a} or {response_b} ;'\nverdict_pattern: 'never (A|B)'\n");
  CHECK(
      run(settings + "--overwrite").says("do its replies have what verdict_pattern of meta.yaml looks for?"));
  CHECK(run("--set pairs.meta_rubric=meta.yaml").says("judge.num_evals_to_average to 2 or more"));
  CHECK(run("--set pairs.meta_rubric=none.yaml --set judge.num_evals_to_average=4").says("none.yaml"));
}

TEST_CASE("judging examples: ids are their own, and none at all is an error before any work") {
  fresh();
  const std::string row = R"({"id": "a", "messages": [{"role": "user", "content": "judge"}, )"
                          R"({"role": "assistant", "content": "Score: 4"}]})"
                          "\n";
  write_file_atomically(kRoot / "twice.jsonl", row + row);
  CHECK(run("--set eft.source=file --set data.eft=[twice.jsonl] --set eft.max_examples=1")
            .says("two rows have the id 'a'"));
  write_file_atomically(kRoot / "empty.jsonl",
                        R"({"id": "a", "messages": [{"role": "user", "content": "judge"}, )"
                        R"({"role": "assistant", "content": " "}]})"
                        "\n");
  CHECK(
      run("--set eft.source=file --set data.eft=[empty.jsonl]")
          .says(
              "eft.source is file, but data.eft gives no example; left out: empty_answer 1 (empty.jsonl, line 1)"));
  write_file_atomically(kRoot / "equal.jsonl",
                        R"({"id": "e", "prompt": "write", "answers": ["a", "b"], "ranks": [1, 1]})"
                        "\n");
  const std::string equal = "--set data.ranked=[equal.jsonl] ";
  for (const char* more : {"", "--dry-run"})
    CHECK(run(equal + more)
              .says("eft.source is ranks, but data.ranked gives no example; left out: all_ranks_equal 2"));
  const std::string group = R"({"prompt": "write", "answers": ["a", "b"], "ranks": )";
  write_file_atomically(kRoot / "opposite.jsonl",
                        group + R"([0, 1], "id": "x"})" + "\n" + group + R"([1, 0], "id": "y"})" + "\n");
  CHECK(run("--set data.ranked=[opposite.jsonl]")
            .says("data: left out of data.ranked: contradicting 2 (x; y)"));
  CHECK_FALSE(fs::exists(kRoot / "run/M1"));
}

TEST_CASE(
    "a model writes the requirements of prompts that have none, and a checklist judge asks about them") {
  for (const std::string writer : {"M0", "self"}) {
    CAPTURE(writer);
    fresh();
    write_file_atomically(kRoot / "list.yaml",
                          "template: 'judge : {requirement} answer : {response} ;'\nyes: k\nno: l\n"
                          "verdict_pattern: '\\b(k|l)\\b'\nlist_template: '{instruction}'\n");
    const std::string settings =
        "--set eft.source=none --set judge.form=checklist --set judge.rubric=list.yaml --set judge.requirements=" +
        writer + " ";
    check_runs(settings, {"M1/checklists.jsonl", "M1/judgements.jsonl", "M2/model.safetensors"});
    size_t listed = 0;
    for (const std::string& line : read_lines(kRoot / "run/M1/checklists.jsonl"))
      listed += !Json::parse(line).at("requirements").empty();
    CHECK(listed > 0);
    CHECK(read_jsonl<Candidate>(kRoot / "run/M1/candidates.jsonl").size() == listed * 4);
    CHECK(run(settings + "--set judge.max_requirements=1").says("judge.max_requirements was"));
  }
}

TEST_CASE("the step whose judge orders most answers right becomes M1, and a stop loses nothing") {
  fresh();
  lines_of("ranked.jsonl", 100, 20, "eval.jsonl");
  const std::string settings = "--set eft.eval_steps=2 --set eft.eval_data=eval.jsonl --set last_model=1 ";
  check_runs(settings, {"M1/model.safetensors", "training/M1/metrics.jsonl"});
  const std::string made = bytes("M1/model.safetensors");
  int looks = 0;
  for (const std::string& line : read_lines(kRoot / "run/training/M1/metrics.jsonl"))
    looks += Json::parse(line).contains("eval_judge_accuracy");
  CHECK(looks >= 1);
  for (const auto& entry : fs::directory_iterator(kRoot / "run/training/M1"))
    CHECK(entry.path().filename().string().find("candidate-") == std::string::npos);
  CHECK(run("--set eft.eval_steps=3 --set eft.eval_data=eval.jsonl --set last_model=1")
            .says("eft.eval_steps was"));
  fs::remove_all(kRoot / "run");
  stopped_at(run_with(settings), kRoot / "run/training/M1/metrics.jsonl", 400, SIGTERM);
  REQUIRE(run(settings).code == 0);
  const bool same = bytes("M1/model.safetensors") == made;
  CHECK(same);
  CHECK(run("--set eft.eval_steps=2").says("eft.eval_data is empty"));
}

TEST_CASE("a run ends after M1 where its judge is no better than chance, unless it is told to go on") {
  fresh();
  write_file_atomically(
      kRoot / "blind.yaml",
      "template: 'say {instruction} {response}'\nscore_pattern: 'Score: (9)'\nmax_score: 9\n"
      "score_line: 'Score: 9 {score}'\n");
  const std::string settings =
      "--set judge.rubric=blind.yaml --set eft.source=none --set evaluate.enabled=true "
      "--set evaluate.max_prompts=4 ";
  const Result stopped = run(settings);
  CHECK(stopped.code == 1);
  CHECK_MESSAGE(stopped.says("M1 cannot judge"), stopped.text);
  CHECK(stopped.says("judge.gate"));
  CHECK(run(settings + "--set judge.gate=false").says("none of 16 prompts gives a pair"));
}

TEST_CASE(
    "judgements of held-out rows that an earlier version kept and today's leaves out count for no model") {
  fresh();
  lines_of("held_out_ranked.jsonl", 0, 6, "held.jsonl");
  const std::string settings =
      "--set eft.source=none --set evaluate.enabled=true --set evaluate.max_prompts=4 --set last_model=1 "
      "--set judge.gate=false --set data.eval_ranked=held.jsonl ";
  REQUIRE(run(settings).code == 0);
  const std::string before = bytes("evaluation.json");
  const fs::path file = kRoot / "run/evaluation/M1/judgements.jsonl";
  write_file_atomically(file, read_file(file) + to_line(Json(Judgement{"gone", 0, {}, 3})));
  const Result again = run(settings);
  CHECK_MESSAGE(again.code == 0, again.text);
  CHECK(bytes("evaluation.json") == before);
  write_file_atomically(kRoot / "held.jsonl",
                        R"({"id": "x", "prompt": "p", "answers": ["a", "b"], "ranks": [0, 1]})"
                        "\n"
                        R"({"id": "y", "prompt": "p", "answers": ["a", "b"], "ranks": [1, 0]})"
                        "\n");
  CHECK(run(settings).says(
      "held.jsonl (data.eval_ranked) has no ranked answers that are kept; left out: contradicting 2"));
}
