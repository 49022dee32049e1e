// The commands beside `run`, as a person runs them: none takes up what was made from other inputs or
// settings, each goes on after a stop to the same bytes, and what is known at the start is said at the start.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "base/json.h"

using namespace selfreward;

namespace {

const fs::path kRoot = fs::temp_directory_path() / "selfreward_verbs_test";
const std::string kM0 = SELFREWARD_SOURCE_DIR "/playground/m0",
                  kData = SELFREWARD_SOURCE_DIR "/playground/data/",
                  kRubric = SELFREWARD_SOURCE_DIR "/playground/rubric.yaml",
                  kGold = SELFREWARD_SOURCE_DIR "/playground/gold.yaml";

struct Result {
  int code = 0;
  std::string text;  // both streams
  bool says(const std::string& part) const { return text.find(part) != std::string::npos; }
};

std::string command_line(const std::string& arguments, const fs::path& printed) {
  return "cd " + kRoot.string() + " && exec " SELFREWARD_PROGRAM " " + arguments + " > " + printed.string() +
         " 2>&1 < /dev/null";
}

/// Runs the program in kRoot.
Result selfreward_does(const std::string& arguments) {
  const fs::path printed = kRoot / "printed.txt";
  const int status = std::system(command_line(arguments, printed).c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_file(printed)};
}

/// Starts it and sends `signal` as soon as `file` has `bytes`; the exit code, -1 after SIGKILL.
int stopped_at(const std::string& arguments, const fs::path& file, uintmax_t bytes, int signal) {
  const pid_t child = fork();
  if (child == 0) {
    execl("/bin/sh", "sh", "-c", command_line(arguments, kRoot / "stopped.txt").c_str(), nullptr);
    _exit(127);
  }
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    std::error_code none;
    const uintmax_t size = fs::file_size(file, none);
    if (!none && size >= bytes) {
      kill(child, signal);
      waitpid(child, &status, 0);
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void fresh() {
  fs::remove_all(kRoot);
  fs::create_directories(kRoot);
}

/// `count` lines of a file of the playground's data from line `first` on.
std::string lines_of(const std::string& name, size_t first, size_t count, const std::string& as) {
  const auto lines = read_lines(kData + name);
  std::string text;
  for (size_t i = first; i < first + count; ++i) text += lines.at(i) + "\n";
  write_file_atomically(kRoot / as, text);
  return as;
}

std::string sft(const std::string& data, const std::string& out, const std::string& more = "") {
  return "sft --model " + kM0 + " --data " + data + " --out " + out +
         " --set model.dtype=float32 --set sft.max_steps=6 --set sft.train_batch_size=4 " + more;
}

std::string generate(const std::string& prompts, const std::string& out, const std::string& more = "") {
  return "generate --model " + kM0 + " --prompts " + prompts + " --out " + out +
         " --set model.dtype=float32 --set candidates.num_generations=2 "
         "--set candidates.sampling.max_new_tokens=12 " +
         more;
}

std::string weights(const std::string& dir) {
  return read_file(kRoot / dir / "model.safetensors");
}

/// The size of the records of a run that nobody stops.
uintmax_t half_of(const std::string& file) {
  return fs::file_size(kRoot / file) / 2;
}

}  // namespace

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

TEST_CASE("a setting that a command does not read is an error") {
  fresh();
  const std::string p = lines_of("held_out_prompts.jsonl", 0, 2, "p.jsonl"),
                    d = lines_of("ift.jsonl", 0, 4, "d.jsonl");
  const auto refused = [&](const std::string& arguments, const std::string& setting) {
    const Result result = selfreward_does(arguments + " --set " + setting);
    INFO(arguments, " ", setting, ": ", result.text);
    CHECK(result.code == 1);
    CHECK(result.says("does not read " + setting.substr(0, setting.find('='))));
  };
  for (const char* setting :
       {"report_to=tensorboard", "monitor.kl=3", "dpo.beta=0.2", "model.model_name_or_path=x",
        "candidates.num_generations=2", "run_dir=x", "generation.shard_size=3"})
    refused(sft(d, "out"), setting);
  for (const char* setting : {"dpo.method=positive_only", "dpo.eval_steps=2", "sft.learning_rate=0.1"})
    refused("dpo --model " + kM0 + " --data d.jsonl --out out", setting);
  for (const char* setting : {"prompts.source=self", "prompts.file=p.jsonl", "sft.max_steps=3"})
    refused("prompts --model " + kM0 + " --seeds d.jsonl --out out.jsonl", setting);
  refused(generate(p, "out.jsonl"), "judge.kind=gold");
  refused("judge --prompts p.jsonl --candidates p.jsonl --out out.jsonl", "candidates.num_generations=2");
  refused("evaluate --model " + kM0 + " --prompts p.jsonl --out ev", "sft.max_steps=3");
  CHECK(!fs::exists(kRoot / "out"));
}

TEST_CASE("an output that cannot be written is found before the work") {
  fresh();
  const std::string d = lines_of("ift.jsonl", 0, 8, "d.jsonl"),
                    p = lines_of("held_out_prompts.jsonl", 0, 2, "p.jsonl");
  write_file_atomically(kRoot / "used/notes.txt", "x");
  write_file_atomically(kRoot / "file", "x");
  fs::create_symlink(kRoot / "nowhere", kRoot / "link");
  for (const char* out : {"used", "file", "link", "file/deeper"}) {
    INFO(out);
    const Result result = selfreward_does(sft(d, out));
    CHECK(result.code == 1);
    CHECK(!result.says("rows to train on"));
    CHECK(result.says(fs::path(out).begin()->string()));
  }
  for (const char* out : {"used", "link", "file/deeper"}) CHECK(selfreward_does(generate(p, out)).code == 1);
  CHECK(read_file(kRoot / "used/notes.txt") == "x");
  const Result slash = selfreward_does(sft(d, "new/"));
  CHECK(slash.code == 0);
  CHECK(fs::exists(kRoot / "new/model.safetensors"));
  CHECK(fs::exists(kRoot / "new.training/metrics.jsonl"));
}

TEST_CASE("--overwrite removes nothing before all that is known at the start is right") {
  fresh();
  const std::string d = lines_of("ift.jsonl", 0, 8, "d.jsonl"),
                    p = lines_of("held_out_prompts.jsonl", 0, 4, "p.jsonl");
  REQUIRE(selfreward_does(sft(d, "out")).code == 0);
  REQUIRE(selfreward_does(generate(p, "c.jsonl")).code == 0);
  const std::string made = weights("out"), answers = read_file(kRoot / "c.jsonl"),
                    rows = read_file(kRoot / p);
  const std::string settings = " --set model.dtype=float32 --overwrite";
  CHECK(selfreward_does("sft --model typo --data d.jsonl --out out" + settings).code == 1);
  CHECK(selfreward_does("sft --model out --data d.jsonl --out out/" + settings).says("name another output"));
  CHECK(selfreward_does("generate --model typo --prompts p.jsonl --out c.jsonl" + settings).code == 1);
  CHECK(selfreward_does(generate(p, "p.jsonl", "--overwrite")).says("name another output"));
  const bool same = weights("out") == made;
  CHECK(same);
  CHECK(read_file(kRoot / "c.jsonl") == answers);
  CHECK(read_file(kRoot / p) == rows);
}

TEST_CASE("two commands do not work on one output at the same time") {
  fresh();
  const std::string d = lines_of("ift.jsonl", 0, 40, "d.jsonl");
  const pid_t first = fork();
  if (first == 0) {
    execl("/bin/sh", "sh", "-c",
          command_line(sft(d, "out", "--set sft.max_steps=2000"), kRoot / "first.txt").c_str(), nullptr);
    _exit(127);
  }
  while (!fs::exists(kRoot / "out.training/metrics.jsonl"))
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  CHECK(selfreward_does(sft(d, "out", "--set sft.max_steps=2000")).says("another process is at work on out"));
  kill(first, SIGKILL);
  waitpid(first, nullptr, 0);
}

TEST_CASE("rows with one id are an error before anything is generated or judged") {
  fresh();
  const std::string row = "{\"id\": \"a\", \"prompt\": \"tell me\"}\n";
  write_file_atomically(kRoot / "p.jsonl", row + row);
  CHECK(selfreward_does(generate("p.jsonl", "c.jsonl")).says("p.jsonl: two rows have the id 'a'"));
  CHECK(!fs::exists(kRoot / "c.jsonl.partial"));
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
