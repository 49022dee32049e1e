#include "base/files.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "support/scratch.h"

using namespace selfreward;

TEST_CASE("an atomic write leaves the whole content and no temporary file") {
  const fs::path dir = scratch_dir();
  write_file_atomically(dir / "sub" / "a.json", "one");
  write_file_atomically(dir / "sub" / "a.json", std::string("two\0three", 9));
  CHECK(read_file(dir / "sub" / "a.json") == std::string("two\0three", 9));
  CHECK(std::distance(fs::directory_iterator(dir / "sub"), fs::directory_iterator()) == 1);
}

TEST_CASE("a missing file is an error with its path and the system's reason") {
  CHECK_THROWS_WITH_AS(read_file("/nonexistent/x"),
                       "[files] cannot read /nonexistent/x: No such file or directory", Error);
  CHECK_THROWS_AS(read_file("/tmp"), Error);
}

TEST_CASE("what cannot be renamed or made says why") {
  const fs::path dir = scratch_dir();
  write_file_atomically(dir / "file", "x");
  CHECK_THROWS_WITH_AS(commit_path(dir / "none", dir / "to"), doctest::Contains("to: No such file"), Error);
  CHECK_THROWS_WITH_AS(make_directories(dir / "file/below"), doctest::Contains("file/below: Not a directory"),
                       Error);
}

TEST_CASE("an append log keeps what an earlier log wrote") {
  const fs::path path = scratch_dir() / "log.jsonl";
  { AppendLog(path).append("a\nb\n"); }
  { AppendLog(path).append("c\n"); }
  CHECK(read_lines(path) == std::vector<std::string>{"a", "b", "c"});
}

TEST_CASE("committing a directory replaces the one that was there") {
  const fs::path dir = scratch_dir();
  write_file_atomically(dir / "old" / "stale", "x");
  write_file_atomically(dir / "new" / "fresh", "y");
  commit_path(dir / "new", dir / "old");
  CHECK(!fs::exists(dir / "old" / "stale"));
  CHECK(read_file(dir / "old" / "fresh") == "y");
}

TEST_CASE("fingerprints are FNV-1a") {
  // Reference values of the FNV authors' test suite (FNV-1a 64, "" and "foobar").
  CHECK(fingerprint("") == "cbf29ce484222325");
  CHECK(fingerprint("foobar") == "85944171f73967e8");
}
