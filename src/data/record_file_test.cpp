#include "data/record_file.h"

#include <doctest/doctest.h>

using namespace selfreward;

namespace {

fs::path scratch_file() {
  const fs::path dir = fs::temp_directory_path() / "selfreward_record_file_test";
  fs::remove_all(dir);
  return dir / "prompts.jsonl";
}

std::vector<Prompt> shard_of(int64_t shard) {
  return {{str("p", shard, "a"), "first", "test"}, {str("p", shard, "b"), "second", "test"}};
}

/// Appends shards up to `stop`, then fails as a killed run would if `stop` is below 3.
std::vector<Prompt> produce(const fs::path& path, int64_t stop) {
  return memo<Prompt>(path, [&](RecordSink<Prompt>& out) {
    for (int64_t shard = out.shards(); shard < stop; ++shard)
      out.append(shard_of(shard), {{"too_short", shard + 1}});
    check(stop == 3, "stopped");
  });
}

}  // namespace

TEST_CASE("a stopped stage goes on with the next shard and ends with the same bytes") {
  const fs::path whole = scratch_file();
  produce(whole, 3);
  const std::string expected = read_file(whole);
  for (int64_t stop = 0; stop < 3; ++stop)
    for (const char* rubbish :
         {"", "{\"id\":\"p1a\",\"prompt\":\"fir", "{\"id\":\"x\",\"prompt\":\"no end\"}\n"}) {
      const fs::path path = scratch_file();
      CHECK_THROWS_AS(produce(path, stop), Error);
      CHECK(!fs::exists(path));
      AppendLog(path.string() + ".partial").append(rubbish);
      produce(path, 3);
      CHECK(read_file(path) == expected);
      CHECK(read_json(counts_file(path))["too_short"] == 6);
      CHECK(!fs::exists(path.string() + ".partial"));
    }
}

TEST_CASE("a finished file is read and not made again") {
  const fs::path path = scratch_file();
  produce(path, 3);
  const auto records = memo<Prompt>(path, [](RecordSink<Prompt>&) { fail("must not be called"); });
  CHECK(records.size() == 6);
  CHECK(records[5].id == "p2b");
}

TEST_CASE("what a run left behind that was killed after the last byte of a file is removed") {
  const fs::path path = scratch_file(), partial = path.string() + ".partial";
  produce(path, 3);
  AppendLog(partial).append("{\"id\":\"p1a\"}\n");
  produce(path, 3);
  CHECK(!fs::exists(partial));
}
