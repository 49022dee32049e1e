#include "report/comparison.h"

#include <doctest/doctest.h>

#include "support/report_example.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

/// Two example runs in directories of one name.
std::vector<fs::path> two_runs() {
  const fs::path dir = scratch_dir();
  write_example_run(dir / "a" / "run");
  write_example_run(dir / "b" / "run", 0.1);
  return {dir / "a" / "run", dir / "b" / "run"};
}

}  // namespace

TEST_CASE("a comparison has the runs side by side and the settings that differ") {
  const auto dirs = two_runs();
  const Json comparison = compare_runs(dirs);
  REQUIRE(comparison["runs"].size() == 2);
  CHECK(comparison["runs"][0]["name"] == dirs[0].string());  // one name twice: told apart by the path
  CHECK(comparison["runs"][1]["evaluation"]["models"][3]["gold"]["sampled"]["mean"] == 4.51);
  CHECK(comparison["runs"][1]["training"].size() == 4);
  CHECK(!comparison["runs"][0].contains("pairs"));
  std::vector<std::string> keys;
  for (const Json& setting : comparison["settings"]) keys.push_back(setting["key"]);
  CHECK(keys == std::vector<std::string>{"data.ift", "dpo.beta"});
  CHECK(comparison["settings"][1]["values"] == Json{"0.3", "0.4"});
}

TEST_CASE("a setting that one run does not have is null there") {
  const auto dirs = two_runs();
  write_file_atomically(dirs[1] / "config.yaml", "seed: 12\nlora: {r: 8}\n");
  const Json compared = compare_runs(dirs);
  for (const Json& setting : compared["settings"])
    if (setting["key"] == "lora.r") CHECK(setting["values"] == Json{nullptr, "8"});
  CHECK(compare_runs(dirs)["settings"].dump().find("\"seed\"") == std::string::npos);
}

TEST_CASE("what cannot be compared is an error that says why") {
  const auto dirs = two_runs();
  CHECK_THROWS_WITH_AS(compare_runs({dirs[0]}), "[report] a comparison needs two runs or more; 1 given",
                       Error);
  CHECK_THROWS_WITH_AS(
      compare_runs({dirs[0], dirs[0].parent_path() / "." / "run"}),
      str("[report] the run ", (dirs[0].parent_path() / "." / "run").string(), " is given twice").c_str(),
      Error);
  CHECK_THROWS_WITH_AS(
      compare_runs({dirs[0], dirs[0].parent_path()}),
      str("[report] ", dirs[0].parent_path().string(), " has no config.yaml; is it the directory of a run?")
          .c_str(),
      Error);
  CHECK_THROWS_WITH_AS(compare_runs({dirs[0], "/nonexistent"}),
                       "[report] /nonexistent is not a directory; a run directory is wanted", Error);
}
