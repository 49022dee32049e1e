// The commands beside `run`, as a person runs them: none takes up what was made from other inputs or
// settings, and each goes on after a stop to the same bytes.
#include "support/program.h"

using namespace selfreward;
using namespace selfreward::program;

TEST_CASE("sft takes up neither a model nor a state of other data or settings") {
  fresh();
  const std::string a = lines_of("ift.jsonl", 0, 20, "a.jsonl"), b = lines_of("ift.jsonl", 40, 20, "b.jsonl");
  REQUIRE(selfreward_does(sft(a, "out", "--set sft.save_steps=2")).code == 0);
  CHECK(selfreward_does(sft(a, "out", "--set sft.save_steps=3 --set sft.micro_batch_tokens=512"))
            .says("is there"));
  const Result other_data = selfreward_does(sft(b, "out"));
  CHECK(other_data.code == 1);
  CHECK(other_data.says("--data: b.jsonl is there and was not there then"));
  CHECK(selfreward_does(sft(a, "out", "--set sft.learning_rate=0.01"))
            .says("sft.learning_rate was 5.5e-06 and is 0.01"));
  fs::remove_all(kRoot / "out");  // the state of its training is still there
  CHECK(selfreward_does(sft(b, "out")).code == 1);
  REQUIRE(selfreward_does(sft(b, "out", "--overwrite")).code == 0);
  REQUIRE(selfreward_does(sft(b, "fresh")).code == 0);
  const bool same = weights("out") == weights("fresh");
  CHECK(same);
  CHECK(read_lines(kRoot / "out.training" / "metrics.jsonl").size() == 6);
}

TEST_CASE(
    "a training that a signal stops has saved its state, whatever save_steps is, and goes on to the same") {
  fresh();
  const std::string a = lines_of("ift.jsonl", 0, 60, "a.jsonl"),
                    more = "--set sft.max_steps=30 --set sft.dropout=0.1";
  REQUIRE(selfreward_does(sft(a, "whole", more)).code == 0);
  const fs::path metrics = kRoot / "parts.training" / "metrics.jsonl";
  CHECK(stopped_at(sft(a, "parts", more), metrics, 500, SIGTERM) == 143);
  CHECK(!fs::exists(kRoot / "parts"));
  CHECK(stopped_at(sft(a, "parts", more), metrics, 2000, SIGINT) == 130);
  const Result last = selfreward_does(sft(a, "parts", more));
  CHECK(last.code == 0);
  CHECK(last.says("going on after step"));
  const bool same = weights("whole") == weights("parts");
  CHECK(same);
  CHECK(read_file(metrics) == read_file(kRoot / "whole.training" / "metrics.jsonl"));
}

TEST_CASE("dpo takes up nothing of other pairs or another model") {
  fresh();
  std::string pairs[2];
  for (int i = 0; i < 2; ++i)
    for (int n = 0; n < 8; ++n)
      pairs[i] +=
          Json{{"prompt", str("write ", i, " words")}, {"chosen", str("one ", n)}, {"rejected", "two"}}
              .dump() +
          "\n";
  write_file_atomically(kRoot / "a.jsonl", pairs[0]);
  write_file_atomically(kRoot / "b.jsonl", pairs[1]);
  const std::string settings = " --set model.dtype=float32 --set dpo.train.max_steps=2 ";
  const auto dpo = [&](const std::string& data, const std::string& more = "") {
    return "dpo --model " + kM0 + " --data " + data + " --out out" + settings + more;
  };
  REQUIRE(selfreward_does(dpo("a.jsonl")).code == 0);
  CHECK(selfreward_does(dpo("a.jsonl")).says("is there already"));
  CHECK(selfreward_does(dpo("b.jsonl")).says("--data: b.jsonl"));
  CHECK(selfreward_does(dpo("a.jsonl", "--set dpo.beta=0.3")).says("dpo.beta was 0.1 and is 0.3"));
  fs::copy(kM0, kRoot / "m", fs::copy_options::recursive);
  write_file_atomically(kRoot / "m/generation_config.json", "{\"eos_token_id\": 2, \"top_k\": 3}");
  const Result other = selfreward_does("dpo --model m --data a.jsonl --out out" + settings);
  CHECK(other.code == 1);
  CHECK(other.says("--model: generation_config.json has another content"));
}

TEST_CASE("generate does not mix answers to other prompts, and goes on with another shard size") {
  fresh();
  const std::string p = lines_of("held_out_prompts.jsonl", 0, 40, "p.jsonl"),
                    q = lines_of("held_out_prompts.jsonl", 100, 40, "q.jsonl"),
                    small = "--set generation.shard_size=4";
  REQUIRE(selfreward_does(generate(p, "whole.jsonl", small)).code == 0);
  CHECK(stopped_at(generate(p, "k.jsonl", small), kRoot / "k.jsonl.partial", half_of("whole.jsonl"),
                   SIGKILL) == -1);
  REQUIRE(fs::exists(kRoot / "k.jsonl.partial"));
  const Result mixed = selfreward_does(generate(q, "k.jsonl", small));
  CHECK(mixed.code == 1);
  CHECK(mixed.says("--prompts: q.jsonl is there and was not there then"));
  CHECK(selfreward_does(generate(p, "k.jsonl", "--set seed=2")).says("seed was 1 and is 2"));
  REQUIRE(selfreward_does(generate(p, "k.jsonl", "--set generation.shard_size=16")).code == 0);
  CHECK(read_file(kRoot / "k.jsonl") == read_file(kRoot / "whole.jsonl"));
  CHECK(selfreward_does(generate(q, "k.jsonl")).code == 1);  // finished too
  REQUIRE(selfreward_does(generate(q, "k.jsonl", "--overwrite")).code == 0);
  CHECK(read_file(kRoot / "k.jsonl").find("\"held_out-00100\"") == std::string::npos);
}

TEST_CASE("judge, pairs: the judge that the settings name, and nothing of other inputs") {
  fresh();
  const std::string p = lines_of("held_out_prompts.jsonl", 0, 12, "p.jsonl");
  REQUIRE(selfreward_does(generate(p, "c.jsonl")).code == 0);
  const std::string files = " --prompts p.jsonl --candidates c.jsonl ";
  const auto judge = [&](const std::string& more) { return selfreward_does("judge" + files + more); };
  CHECK(judge("--out g.jsonl --set judge.kind=gold").says("data.gold is empty"));
  CHECK(judge("--out g.jsonl --set judge.kind=gold --set data.gold=" + kGold + " --model " + kM0)
            .says("leave out --model"));
  REQUIRE(
      judge("--out g.jsonl --set judge.kind=gold --set data.gold=" + kGold + " --rubric " + kRubric).code ==
      0);
  const std::string own =
      "--out s.jsonl --model " + kM0 + " --set model.dtype=float32 --set judge.num_evals_to_average=1 ";
  CHECK(judge("--out s.jsonl").says("--model DIR is missing"));
  CHECK(judge(own + "--set data.gold=" + kGold).says("`judge with judge.kind=self` does not read data.gold"));
  REQUIRE(judge(own + "--rubric " + kRubric).code == 0);
  write_file_atomically(kRoot / "r.yaml", read_file(kRubric) + "max_score: 9\n");
  CHECK(judge(own + "--rubric r.yaml").code == 1);
  const auto pairs = [&](const std::string& judgements) {
    return selfreward_does("pairs" + files + "--judgements " + judgements + " --out pairs.jsonl");
  };
  REQUIRE(pairs("g.jsonl").code == 0);
  CHECK(pairs("g.jsonl").code == 0);
  CHECK(pairs("s.jsonl").says("--judgements"));
  CHECK(selfreward_does("pairs" + files + "--judgements g.jsonl --out pairs.jsonl --positive-only").code ==
        1);
}

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
        " --set model.model_name_or_path=m0 "
        "--set data.ift=ift.jsonl --set data.ranked=ranked.jsonl --set "
        "data.eval_ranked=held_out_ranked.jsonl "
        "--set data.eval_prompts=held_out_prompts.jsonl --set judge.rubric=rubric.yaml --set data.gold=" +
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

TEST_CASE("work that was begun on one day goes on with that day, whatever the day is by then") {
  fresh();
  fs::copy(kM0, kRoot / "m0", fs::copy_options::recursive);
  write_file_atomically(kRoot / "m0/chat_template.jinja",
                        "{{ strftime_now('%Y-%m-%d') }} {% for m in messages %}{{ m.content }} {% endfor %}");
  const std::string p = lines_of("held_out_prompts.jsonl", 0, 3, "p.jsonl"),
                    files =
                        "generate --model m0 --prompts p.jsonl --out c.jsonl --set model.dtype=float32 "
                        "--set candidates.sampling.max_new_tokens=4";
  REQUIRE(selfreward_does(files).code == 0);
  Json record = read_json(kRoot / "c.inputs.json");
  CHECK(record.at("model.chat_template_date").get<std::string>().size() == 10);
  record["model.chat_template_date"] = "2020-02-20";  // as if that had been its day
  write_file_atomically(kRoot / "c.inputs.json", record.dump());
  CHECK(selfreward_does(files).code == 0);
  CHECK(selfreward_does(files + " --set model.chat_template_date=2021-01-01")
            .says("model.chat_template_date was \"2020-02-20\" and is \"2021-01-01\""));
  REQUIRE(selfreward_does(files + " --overwrite").code == 0);
  CHECK(read_json(kRoot / "c.inputs.json").at("model.chat_template_date") != "2020-02-20");
}

TEST_CASE("prompts: nothing of other seeds, and a stop loses nothing") {
  fresh();
  const std::string a = lines_of("ift.jsonl", 0, 40, "a.jsonl"), b = lines_of("ift.jsonl", 40, 40, "b.jsonl");
  const auto prompts = [](const std::string& seeds, const std::string& out, const std::string& more = "") {
    return "prompts --model " + kM0 + " --seeds " + seeds + " --out " + out +
           " --set model.dtype=float32 --set prompts.num_prompts=24 --set "
           "prompts.sampling.max_new_tokens=24 " +
           more;
  };
  REQUIRE(selfreward_does(prompts(a, "whole.jsonl", "--set generation.shard_size=4")).code == 0);
  CHECK(selfreward_does(prompts(a, "whole.jsonl")).code == 0);
  CHECK(selfreward_does(prompts(b, "whole.jsonl")).says("--seeds"));
  CHECK(
      selfreward_does(prompts(a, "whole.jsonl", "--set prompts.min_words=2")).says("prompts.min_words was"));
  CHECK(stopped_at(prompts(a, "parts.jsonl", "--set generation.shard_size=4"), kRoot / "parts.jsonl.partial",
                   half_of("whole.jsonl"), SIGINT) == 130);
  CHECK(selfreward_does(prompts(b, "parts.jsonl")).code == 1);
  CHECK(selfreward_does(prompts(a, "parts.jsonl")).code == 0);
  CHECK(read_file(kRoot / "parts.jsonl") == read_file(kRoot / "whole.jsonl"));
}

TEST_CASE("dpo that a signal stops goes on to the same model") {
  fresh();
  std::string rows;
  for (int n = 0; n < 40; ++n)
    rows += Json{{"prompt", str("write ", n)}, {"chosen", str("one ", n)}, {"rejected", "two"}}.dump() + "\n";
  write_file_atomically(kRoot / "pairs.jsonl", rows);
  const auto dpo = [](const std::string& out) {
    return "dpo --model " + kM0 + " --data pairs.jsonl --out " + out +
           " --set model.dtype=float32 --set dpo.train.max_steps=12 --set dpo.train.train_batch_size=4";
  };
  REQUIRE(selfreward_does(dpo("whole")).code == 0);
  CHECK(stopped_at(dpo("parts"), kRoot / "parts.training/metrics.jsonl", 800, SIGTERM) == 143);
  const Result last = selfreward_does(dpo("parts"));
  CHECK(last.code == 0);
  CHECK(last.says("going on after step"));
  const bool same = weights("whole") == weights("parts");
  CHECK(same);
}
