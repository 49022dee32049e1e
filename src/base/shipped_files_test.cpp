#include "base/shipped_files.h"

#include <doctest/doctest.h>

using namespace selfreward;

TEST_CASE("a file that is not here is the one that comes with the program") {
  const fs::path shipped = shipped_files();  // this test runs in the build directory below the sources
  REQUIRE(fs::exists(shipped / "rubrics/additive5.yaml"));
  CHECK(or_shipped("") == "");
  CHECK(or_shipped("rubrics/additive5.yaml") == "rubrics/additive5.yaml");  // here it is
  CHECK(or_shipped("/nowhere/rubrics/additive5.yaml") == "/nowhere/rubrics/additive5.yaml");
  CHECK(or_shipped("nowhere.yaml", "rubrics") == "nowhere.yaml");
  CHECK(or_shipped("additive5", "rubrics") == shipped / "rubrics/additive5.yaml");
  CHECK(or_shipped("pairwise.yaml", "rubrics") == shipped / "rubrics/pairwise.yaml");
  CHECK(or_shipped("additive5") == "additive5");  // of no folder
  const fs::path before = fs::current_path();
  fs::current_path(fs::temp_directory_path());
  CHECK(or_shipped("configs/playground.yaml") == shipped / "configs/playground.yaml");
  CHECK(or_shipped("playground/m0") == shipped / "playground/m0");
  fs::current_path(before);
}
