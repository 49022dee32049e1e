#include "base/progress.h"

#include <doctest/doctest.h>

#include "base/json.h"
#include "support/scratch.h"

using namespace selfreward;

TEST_CASE("what a stopped run had done before counts as done, but in no rate") {
  const fs::path file = scratch("progress.json");
  {
    const ProgressFile kept_in(file);
    Progress progress("training", 9, "steps", 8);
    CHECK(read_json(file)["done"] == 8);
    progress.update(9);
    const Json kept = read_json(file);
    CHECK(kept["done"] == 9);
    CHECK(kept["rate"].get<double>() <= 1000);  // one step in a millisecond or more
  }
  CHECK(!fs::exists(file));
}

TEST_CASE("the newest file that lives is told of the work, with a stage of its own") {
  const fs::path older = scratch("progress_older.json"), newer = scratch("progress_newer.json");
  ProgressFile first(older);
  first.name_stage("M1/prompts.jsonl");
  {
    const ProgressFile second(newer);
    const Progress progress("training", 9, "steps");
    CHECK(read_json(newer)["stage"] == "");
    CHECK(!fs::exists(older));
  }
  const Progress untold("training", 9, "steps");
  CHECK(!fs::exists(newer));
}
