#include "data/record_file.h"

#include <doctest/doctest.h>

#include "support/scratch.h"

using namespace selfreward;

namespace {

fs::path scratch_file() {
  return scratch_dir() / "prompts.jsonl";
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

TEST_CASE("a complete shard that lost a line is not taken up") {
  const fs::path path = scratch_file(), partial = path.string() + ".partial";
  CHECK_THROWS_AS(produce(path, 2), Error);
  std::string text = read_file(partial);
  text.erase(0, text.find('\n') + 1);
  write_file_atomically(partial, text);
  CHECK_THROWS_WITH_AS(produce(path, 3), doctest::Contains("shard 0 has 1 rows, 2 were written"), Error);
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

TEST_CASE("a stopped file goes on with the shard size that it was begun with") {
  const fs::path partial = partial_file(scratch_file());
  {
    RecordSink<Prompt> out(partial);
    CHECK(out.shard_size(2) == 2);
    out.append(shard_of(0));
  }
  RecordSink<Prompt> out(partial);
  CHECK(out.shards() == 1);
  CHECK(out.shard_size(5) == 2);
}

TEST_CASE("records of other inputs are not taken up, finished or not") {
  const fs::path path = scratch_file();
  const Output before = records_output(path, {{"seed", 1}}), now = records_output(path, {{"seed", 2}});
  const auto make = [](int64_t shards) {
    return [shards](RecordSink<Prompt>& out) {
      for (int64_t shard = out.shards(); shard < shards; ++shard) out.append(shard_of(shard));
      check(shards == 2, "stopped");
    };
  };
  CHECK_THROWS_AS(memo<Prompt>(before, false, make(1)), Error);
  CHECK_THROWS_WITH_AS(memo<Prompt>(now, false, make(2)), doctest::Contains("seed was 1 and is 2"), Error);
  CHECK(memo<Prompt>(before, false, make(2)).size() == 4);
  CHECK_THROWS_WITH_AS(memo<Prompt>(now, false, make(2)), doctest::Contains("seed was 1 and is 2"), Error);
  bool made = false;
  memo<Prompt>(now, /*overwrite=*/true, [&](RecordSink<Prompt>& out) { made = out.shards() == 0; });
  CHECK(made);
}
