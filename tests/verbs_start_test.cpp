// What is known when a command starts is said then: outputs that cannot be written, settings that are not
// read, other commands at work, rows with one id. Nothing is removed before.
#include <fcntl.h>
#include <sys/file.h>

#include "support/program.h"

using namespace selfreward;
using namespace selfreward::program;

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
  refused("eft --prompts p.jsonl --candidates p.jsonl --out out.jsonl", "eft.source=verdicts");
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
  const Result run =
      selfreward_does("run " SELFREWARD_SOURCE_DIR "/configs/playground.yaml --run-dir file/deeper");
  CHECK(run.says("cannot write"));
  CHECK(run.says("file is a file"));
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

TEST_CASE("a command does not work on a part of what another one is at work on") {
  fresh();
  const std::string d = lines_of("ift.jsonl", 0, 8, "d.jsonl");
  fs::create_directories(kRoot / "r/M1");
  const int lock = ::open((kRoot / "r/.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  REQUIRE(::flock(lock, LOCK_EX) == 0);
  const Result other = selfreward_does(sft(d, "r/M2"));
  CHECK(other.code == 1);
  CHECK(other.says("another process is at work in"));
  CHECK(!fs::exists(kRoot / "r/M2"));
  ::close(lock);
  CHECK(selfreward_does(sft(d, "r/M2")).code == 0);
}

TEST_CASE("a model that is made again takes no file with it, and a link to a directory stays one") {
  fresh();
  const std::string d = lines_of("ift.jsonl", 0, 8, "d.jsonl"),
                    other = lines_of("ift.jsonl", 8, 8, "e.jsonl");
  fs::create_directories(kRoot / "disk/models");
  fs::create_directory_symlink(kRoot / "disk/models", kRoot / "out");
  REQUIRE(selfreward_does(sft(d, "out")).code == 0);
  CHECK(fs::is_symlink(kRoot / "out"));
  CHECK(fs::exists(kRoot / "disk/models/model.safetensors"));
  CHECK(fs::exists(kRoot / "disk/models.training/metrics.jsonl"));
  write_file_atomically(kRoot / "disk/models/notes.txt", "x");
  CHECK(selfreward_does(sft(d, "out")).says("is there already"));
  const Result lost = selfreward_does(sft(other, "out", "--overwrite"));
  CHECK(lost.code == 1);
  CHECK(lost.says("notes.txt is no part of a checkpoint and would be lost"));
  fs::remove(kRoot / "disk/models/notes.txt");
  CHECK(selfreward_does(sft(other, "out/", "--overwrite")).code == 0);
  CHECK(fs::is_symlink(kRoot / "out"));
}

TEST_CASE("one setting that is named twice is an error") {
  fresh();
  const std::string p = lines_of("held_out_prompts.jsonl", 0, 2, "p.jsonl");
  const auto is_named_twice = [](const std::string& arguments, const std::string& setting) {
    const Result result = selfreward_does(arguments + " --set " + setting + "=x");
    INFO(result.text);
    CHECK(result.code == 1);
    CHECK(result.says("and --set " + setting + "=x are one setting"));
  };
  is_named_twice("judge --prompts p.jsonl --candidates p.jsonl --out o.jsonl --rubric " + kRubric,
                 "judge.rubric");
  is_named_twice("evaluate --model " + kM0 + " --out ev --prompts p.jsonl", "data.eval_prompts");
  is_named_twice("evaluate reward --model " + kM0 + " --out ev --ranked p.jsonl --gold " + kGold,
                 "data.gold");
  is_named_twice("run " SELFREWARD_SOURCE_DIR "/configs/playground.yaml --run-dir r", "run_dir");
}

TEST_CASE("a model without a chat template is refused before anything is answered or judged") {
  fresh();
  const std::string p = lines_of("held_out_prompts.jsonl", 0, 2, "p.jsonl"),
                    ranked = lines_of("held_out_ranked.jsonl", 0, 2, "r.jsonl");
  fs::copy(kM0, kRoot / "base", fs::copy_options::recursive);
  Json tokenizer = read_json(kRoot / "base/tokenizer_config.json");
  tokenizer.erase("chat_template");
  write_file_atomically(kRoot / "base/tokenizer_config.json", tokenizer.dump());
  for (const std::string verb : {"evaluate --prompts p.jsonl", "evaluate reward --ranked r.jsonl"}) {
    const Result result = selfreward_does(verb + " --out ev --model base --rubric " + kRubric);
    CHECK(result.says("base has no chat template"));
    CHECK_FALSE(fs::exists(kRoot / "ev/evaluation"));
  }
  const Result reference = selfreward_does("evaluate reward --ranked r.jsonl --out ev --model " + kM0 +
                                           " --reference base --rubric " + kRubric);
  CHECK(reference.says("base has no chat template"));
  CHECK_FALSE(fs::exists(kRoot / "ev/evaluation"));
}

TEST_CASE("evaluate reward: settings of samples are an error where no scores are of samples") {
  fresh();
  const std::string ranked = lines_of("held_out_ranked.jsonl", 0, 2, "r.jsonl");
  for (const char* setting : {"judge.num_evals_to_average=2", "judge.sampling.temperature=0.5"}) {
    fs::remove_all(kRoot / "ev");
    const std::string verb = str("evaluate reward --ranked r.jsonl --out ev --model ", kM0, " --rubric ",
                                 kRubric, " --set judge.sampling.max_new_tokens=4 --set ", setting);
    const Result greedy = selfreward_does(verb + " --scores greedy,expected");
    CHECK(greedy.says(str("--set ", setting, ": `evaluate reward --scores greedy,expected` does not read")));
    CHECK_FALSE(fs::exists(kRoot / "ev/evaluation"));
    CHECK(selfreward_does(verb + " --scores greedy,expected_samples").code == 0);
  }
}

TEST_CASE("an evaluation takes the place of no run and no checkpoint") {
  fresh();
  const std::string p = lines_of("held_out_prompts.jsonl", 0, 2, "p.jsonl"),
                    ranked = lines_of("held_out_ranked.jsonl", 0, 2, "r.jsonl");
  fs::copy(kM0, kRoot / "model", fs::copy_options::recursive);
  fs::create_directories(kRoot / "a_run");
  fs::copy(kM0, kRoot / "a_run/M1", fs::copy_options::recursive);
  const std::string settings = "seed: 5\n";
  write_file_atomically(kRoot / "a_run/config.yaml", settings);
  for (const std::string verb : {"evaluate --prompts p.jsonl", "evaluate reward --ranked r.jsonl"})
    for (const auto& [out, what] : {std::pair("a_run", "run"), std::pair("model", "checkpoint")}) {
      const Result result =
          selfreward_does(verb + " --model " + kM0 + " --rubric " + kRubric + " --out " + out);
      CHECK(result.code == 1);
      CHECK(result.says(std::string("--out ") + out + " holds a " + what + "; name another directory"));
    }
  CHECK(read_file(kRoot / "a_run/config.yaml") == settings);
  CHECK_FALSE(fs::exists(kRoot / "model/config.yaml"));
}

TEST_CASE("rows with one id are an error before anything is generated or judged") {
  fresh();
  const std::string row = "{\"id\": \"a\", \"prompt\": \"tell me\"}\n";
  write_file_atomically(kRoot / "p.jsonl", row + row);
  CHECK(selfreward_does(generate("p.jsonl", "c.jsonl")).says("p.jsonl: two rows have the id 'a'"));
  CHECK(!fs::exists(kRoot / "c.jsonl.partial"));
}
