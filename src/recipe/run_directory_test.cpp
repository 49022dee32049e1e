#include "recipe/run_directory.h"

#include <doctest/doctest.h>

using namespace selfreward;

namespace {

RunConfig config_in(const std::string& name) {
  RunConfig config;
  config.run_dir = fs::temp_directory_path() / ("selfreward_run_directory_test_" + name);
  config.model.model_name_or_path = "m0";
  fs::remove_all(config.run_dir);
  return config;
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

TEST_CASE("a run keeps the day of its first start") {
  RunConfig config = config_in("date");
  settle_date(config);
  CHECK(config.model.chat_template_date.size() == 10);
  config.model.chat_template_date = "2020-02-20";
  RunDirectory(config).keep_settings(config);
  config.model.chat_template_date = "";
  settle_date(config);
  CHECK(config.model.chat_template_date == "2020-02-20");
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
  write_file_atomically(run.model(1) / "config.json", "{}");
  CHECK(run.has_model(1));
}

TEST_CASE("the training state of a finished model is removed, that of an unfinished one is kept") {
  const RunConfig config = config_in("training");
  {
    const RunDirectory run(config);
    for (const char* name : {"M1", "M2"})
      write_file_atomically(run.training(name).dir / "checkpoint-2" / "state", "x");
    write_file_atomically(run.model(1) / "config.json", "{}");
  }
  const RunDirectory run(config);
  CHECK(!fs::exists(run.training("M1").dir / "checkpoint-2"));
  CHECK(fs::exists(run.training("M2").dir / "checkpoint-2"));
}
