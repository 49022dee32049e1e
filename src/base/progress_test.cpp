#include "base/progress.h"

#include <doctest/doctest.h>

#include "base/json.h"
#include "support/scratch.h"

using namespace selfreward;

TEST_CASE("what a stopped run had done before counts as done, but in no rate") {
  const fs::path file = scratch("progress.json");
  keep_progress_in(file);
  {
    Progress progress("training", 9, "steps", 8);
    CHECK(parse_json(read_file(file), "progress")["done"] == 8);
    progress.update(9);
  }
  keep_progress_in("");
  const Json kept = parse_json(read_file(file), "progress");
  CHECK(kept["done"] == 9);
  CHECK(kept["rate"].get<double>() <= 1000);  // one step in a millisecond or more
  fs::remove(file);
}
