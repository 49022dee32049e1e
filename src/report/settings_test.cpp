#include "report/settings.h"

#include <doctest/doctest.h>

#include "config/config.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

Json changed(const std::string& yaml) {
  return changed_settings(flat_settings(yaml, "test"));
}

}  // namespace

TEST_CASE("only what differs from the defaults is listed") {
  RunConfig config;
  CHECK(changed(dump_config(config)) == Json::array());
  config.run_dir = "elsewhere";
  config.dpo.beta = 0.25;
  config.data.ift = {"a.jsonl", "b.jsonl"};
  CHECK(changed(dump_config(config)) ==
        Json::parse(R"([{"key": "data.ift", "value": "[a.jsonl, b.jsonl]", "default": "[]"},
                        {"key": "dpo.beta", "value": "0.25", "default": "0.1"}])"));
}

TEST_CASE("one number in two spellings is one value, and a key of another version is shown") {
  CHECK(changed("dpo: {beta: 1e-1}\n") == Json::array());
  CHECK(same_setting("2.0e-4", "0.0002"));
  CHECK(!same_setting("", "0"));
  CHECK(changed("old: {key: 3}\n") == Json::parse(R"([{"key": "old.key", "value": "3", "default": null}])"));
}

TEST_CASE("the time of a run is that between its oldest and its newest file") {
  const fs::path dir = scratch_dir();
  for (const char* name : {"config.yaml", "M1/prompts.jsonl", "evaluation.json", "report.html"})
    write_file_atomically(dir / name, "{}");
  const auto start = fs::last_write_time(dir / "config.yaml");
  fs::last_write_time(dir / "M1/prompts.jsonl", start + std::chrono::seconds(40));
  fs::last_write_time(dir / "evaluation.json", start + std::chrono::seconds(90));
  fs::last_write_time(dir / "report.html", start + std::chrono::seconds(500));
  CHECK(wall_seconds(dir) == 90.0);
  for (const char* name : {"M1/prompts.jsonl", "evaluation.json"}) fs::last_write_time(dir / name, start);
  CHECK(!wall_seconds(dir));
}
