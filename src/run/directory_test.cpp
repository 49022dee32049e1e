#include "run/directory.h"

#include <doctest/doctest.h>

#include "support/scratch.h"

using namespace selfreward;

namespace {

RunConfig config_in(const std::string& name) {
  RunConfig config;
  config.run_dir = scratch(name);
  config.model.model_name_or_path = "m0";
  fs::remove_all(config.run_dir);
  return config;
}

void write_model(const fs::path& dir) {
  for (const char* file : {"config.json", "tokenizer.json", "model.safetensors"})
    write_file_atomically(dir / file, "{}");
}

}  // namespace

TEST_CASE("a run that ends leaves no progress file, one that is stopped says where it was") {
  const RunConfig config = config_in("progress");
  const fs::path file = fs::path(config.run_dir) / ".progress.json";
  try {
    RunDirectory run(config);
    run.memo<Prompt>(run.round_records(1, "prompts"), [](RecordSink<Prompt>&) {
      Progress progress("new prompts", 7, "prompts");
      progress.update(7);
      fail("stop");
    });
  } catch (const Error&) {
  }
  REQUIRE(fs::exists(file));
  CHECK(read_json(file)["stage"] == "M1/prompts.jsonl");
  CHECK(read_json(file)["done"] == 7);
  { RunDirectory run(config); }
  CHECK(!fs::exists(file));
}

TEST_CASE("two processes cannot work in one run directory") {
  const RunConfig config = config_in("lock");
  const RunDirectory first(config);
  CHECK_THROWS_WITH_AS(RunDirectory{config}, doctest::Contains("another process"), Error);
}

TEST_CASE("a model counts only when its directory is complete") {
  const RunConfig config = config_in("model");
  const RunDirectory run(config);
  CHECK(run.model(0) == "m0");
  fs::create_directories(run.root() / "M1.tmp");
  CHECK(!run.has_model(1));
  write_model(run.model(1));
  CHECK(run.has_model(1));
  for (const char* file : {"config.json", "tokenizer.json", "model.safetensors"}) {
    fs::rename(run.model(1) / file, run.root() / file);
    CHECK(!run.has_model(1));
    fs::rename(run.root() / file, run.model(1) / file);
  }
}

TEST_CASE("the training state of a finished model is removed, that of an unfinished one is kept") {
  const RunConfig config = config_in("training");
  {
    const RunDirectory run(config);
    for (const char* name : {"M1", "M2"})
      write_file_atomically(run.training(name).dir / "checkpoint-2" / "state", "x");
    write_model(run.model(1));
    write_file_atomically(run.training("M3").dir / "checkpoint-2" / "state", "x");
    for (const char* file : {"adapter_config.json", "adapter_model.safetensors"})  // with lora.r
      write_file_atomically(run.model(3) / file, "{}");
  }
  const RunDirectory run(config);
  CHECK(!fs::exists(run.training("M1").dir / "checkpoint-2"));
  CHECK(!fs::exists(run.training("M3").dir / "checkpoint-2"));
  CHECK(fs::exists(run.training("M2").dir / "checkpoint-2"));
}

TEST_CASE(
    "a file from outside that changes while a run works ends the run at the next stage that is made from "
    "it") {
  const RunConfig config = config_in("given");
  RunDirectory run(config);
  const fs::path outside = scratch("given.jsonl"), inside = run.root() / "seed/eft.jsonl";
  write_file_atomically(outside, "a");
  write_file_atomically(inside, "a");
  const Output output{"M1", {run.model(1)}, run.root() / "record.json", Json::object(), {outside, inside}};
  run.check_given(output);
  write_file_atomically(inside, "another");  // the run itself wrote it
  CHECK_NOTHROW(run.take_up(output));
  write_file_atomically(outside, "another");
  CHECK_THROWS_WITH_AS(run.take_up(output),
                       doctest::Contains("given.jsonl has changed while this command was at"), Error);
  fs::remove(outside);
  CHECK_THROWS_AS(run.check_given(output), Error);
}

TEST_CASE("warnings are rows of a file, and none is no file") {
  const RunConfig config = config_in("warnings");
  const RunDirectory run(config);
  CHECK(read_warnings(run.warnings()).empty());
  write_warnings(run.warnings(), {{{"stage", "pairs"}}});
  write_file_atomically(run.warnings(), read_file(run.warnings()) + "{\"stage\": \"ju");
  CHECK(read_warnings(run.warnings()).size() == 1);
  write_warnings(run.warnings(), {});
  CHECK(!fs::exists(run.warnings()));
}
