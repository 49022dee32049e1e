// run and evaluate, as a person runs them, on what was made from other inputs or settings.
#include "support/program.h"

using namespace selfreward;
using namespace selfreward::program;

TEST_CASE(
    "evaluate takes up answers of the same model and prompts alone, and leaves a run's directory alone") {
  fresh();
  const std::string p = lines_of("held_out_prompts.jsonl", 0, 4, "p.jsonl"),
                    q = lines_of("held_out_prompts.jsonl", 9, 4, "q.jsonl");
  const auto evaluate = [&](const std::string& prompts, const std::string& more = "") {
    return selfreward_does("evaluate --model " + kM0 + " --out ev --set model.dtype=float32 --prompts " +
                           prompts + " --rubric " + kRubric + " " + more);
  };
  REQUIRE(evaluate(p).code == 0);
  CHECK(evaluate(p).code == 0);
  const Result other = evaluate(q);
  CHECK(other.code == 1);
  CHECK(other.says("evaluation/m0/sampled.jsonl was made from something else: data.eval_prompts"));
  CHECK(evaluate(q, "--overwrite").code == 0);
  CHECK(selfreward_does("run " SELFREWARD_SOURCE_DIR "/configs/playground.yaml --run-dir ev")
            .says("holds what `evaluate` wrote"));
  fs::create_directories(kRoot / "run/training/M1");
  CHECK(selfreward_does("evaluate --model " + kM0 + " --out run --prompts p.jsonl").says("holds a run"));
}

TEST_CASE(
    "a run whose inputs changed says so before it goes on, and makes again what follows where it is asked "
    "to") {
  fresh();
  fs::copy(kM0, kRoot / "m0", fs::copy_options::recursive);
  for (const char* file : {"ift.jsonl", "ranked.jsonl", "held_out_ranked.jsonl", "held_out_prompts.jsonl"})
    fs::copy(kData + file, kRoot / file);
  fs::copy(kRubric, kRoot / "rubric.yaml");
  const auto run = [&](const std::string& more, const std::string& dir = "r") {
    return selfreward_does(
        "run " SELFREWARD_SOURCE_DIR "/configs/playground.yaml --run-dir " + dir +
        " --set model.model_name_or_path=m0 --set data.ift=ift.jsonl --set data.ranked=ranked.jsonl --set "
        "data.eval_ranked=held_out_ranked.jsonl --set data.eval_prompts=held_out_prompts.jsonl --set "
        "judge.rubric=rubric.yaml --set data.gold=" +
        kGold +
        " --set eft.source=none --set sft.max_steps=2 --set last_model=1 --set evaluate.max_prompts=4 --set "
        "evaluate.greedy=false --set model.dtype=float32 " +
        more);
  };
  REQUIRE(run("").code == 0);
  CHECK(run("--set generation.shard_size=5 --set sft.logging_steps=2").code == 0);
  const std::string m1 = read_file(kRoot / "r/M1/model.safetensors");
  write_file_atomically(kRoot / "ift.jsonl", read_file(kRoot / "ift.jsonl") + "\n");
  const Result changed = run("");
  CHECK(changed.code == 1);
  CHECK(changed.says("data.ift: ift.jsonl has another content"));
  CHECK(changed.says("make again: seed/eft.jsonl, M1, evaluation/M1/sampled.jsonl"));
  CHECK(run("--dry-run").says("data.ift: ift.jsonl has another content"));
  CHECK(run("--dry-run --overwrite").says("Made again"));
  CHECK(read_file(kRoot / "r/M1/model.safetensors") == m1);
  CHECK(run("--overwrite --set data.ranked=nowhere.jsonl").code == 1);
  CHECK(run("--overwrite --set model.model_name_or_path=r/M1").says("name another output"));
  CHECK(read_file(kRoot / "r/M1/model.safetensors") == m1);
  CHECK(run("--set sft.learning_rate=0.001 --overwrite").code == 0);
  const bool same = read_file(kRoot / "r/M1/model.safetensors") == m1;
  CHECK(!same);
  CHECK(run("--set sft.learning_rate=0.001").code == 0);
  const Result nothing =
      run("--set data.eval_prompts= --set data.eval_ranked= --set data.held_out_share=0", "n");
  CHECK(nothing.says("there is nothing to evaluate on"));
  CHECK(!fs::exists(kRoot / "n/M1"));
}
