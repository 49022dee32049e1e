#include "base/paths.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "support/scratch.h"

using namespace selfreward;

TEST_CASE("a slash at the end names no other place") {
  CHECK(without_slash("runs/M1/") == "runs/M1");
  CHECK(without_slash("runs/M1") == "runs/M1");
  CHECK(without_slash("runs/../M1//") == "M1");
  CHECK(without_slash("M1/") == "M1");
  CHECK(directory_name("runs/M1//") == "M1");
  CHECK(directory_name("M1") == "M1");
  CHECK(directory_name(".") == fs::current_path().filename());
  CHECK(is_within("a/b/c", "a/b"));
  CHECK(is_within("a/b", "a/b"));
  CHECK(!is_within("a/bc", "a/b"));
}

TEST_CASE("what cannot be written is found before the work") {
  const fs::path dir = scratch_dir();
  CHECK_NOTHROW(check_can_be_made(dir / "new"));
  CHECK_NOTHROW(check_can_be_made(dir / "deep/er/new"));
  CHECK_NOTHROW(check_can_be_made("new"));
  write_file_atomically(dir / "file", "x");
  CHECK_NOTHROW(check_file_can_be_made(dir / "file"));
  CHECK_THROWS_WITH_AS(check_file_can_be_made(dir), doctest::Contains("a file is wanted"), Error);
  CHECK_THROWS_WITH_AS(check_can_be_made(dir / "file/new"), doctest::Contains("is a file"), Error);
  fs::create_symlink(dir / "nowhere", dir / "link");
  CHECK_THROWS_WITH_AS(check_can_be_made(dir / "link"), doctest::Contains("link to"), Error);
}
