// Parquet files made by tests/golden/make_data_golden.py: snappy, zstd, gzip and none; nested, dictionary and
// large columns; several row groups. The rows are those that pyarrow reads.
#include <doctest/doctest.h>

#include "data/readers.h"
#include "data/rows/rows.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

const fs::path kData = SELFREWARD_SOURCE_DIR "/tests/fixtures/data";

}  // namespace

#ifdef SELFREWARD_PARQUET

TEST_CASE("Parquet rows equal those that pyarrow reads") {
  const Json golden = read_json(kData / "golden.json");
  for (const auto& [name, rows] : golden["tables"].items()) {
    size_t count = 0;
    for_each_row(kData / (name + ".parquet"), [&](const Row& row) {
      CAPTURE(row.where);
      REQUIRE(count < rows.size());
      CHECK(row.value == Json::parse(rows[count++].get<std::string>()));
      CHECK(row.where.ends_with(str(name, ".parquet, row ", count)));
    });
    CHECK(count == rows.size());
  }
}

TEST_CASE("conversations, pairs and Open Assistant messages are read from Parquet") {
  const auto examples = read_examples(kData / "messages.parquet");
  CHECK(examples.records.size() == 7);
  CHECK(examples.records[5].messages.front() == Message{"system", "Be brief."});
  CHECK(examples.records[1].source == "messages.parquet");
  const auto pairs = read_preferences(kData / "pairs.parquet");
  CHECK(pairs.records.size() == 2);
  CHECK(pairs.dropped == std::map<std::string, int64_t>{{"chosen_is_rejected", 1}});
  CHECK(pairs.records[0].score_chosen == 8.5);
  CHECK(!pairs.records[1].score_rejected.has_value());
  const auto trees = read_examples(kData / "open_assistant.parquet");
  REQUIRE(trees.records.size() == 1);
  CHECK(trees.records[0].messages ==
        Conversation{{"user", "First question?"}, {"assistant", "Good answer."}});
  CHECK(trees.dropped == std::map<std::string, int64_t>{{"other_language", 1}, {"no_rank_0_reply", 1}});
}

TEST_CASE("a text that is not UTF-8 is an error with its row and column") {
  CHECK_THROWS_WITH_AS(read_examples(kData / "not_utf8.parquet"), doctest::Contains("is plain text"), Error);
  CHECK_THROWS_WITH_AS(
      for_each_row(kData / "not_utf8.parquet", [](const Row&) {}),
      doctest::Contains("not_utf8.parquet, row 2: column \"text\": a text is not valid UTF-8"), Error);
}

TEST_CASE("a Parquet file that is cut off is an error") {
  const fs::path path = scratch("cut.parquet");
  const std::string whole = read_file(kData / "messages.parquet");
  write_file_atomically(path, whole.substr(0, whole.size() / 2));
  CHECK_THROWS_WITH_AS(read_examples(path), doctest::Contains("[parquet] cannot read"), Error);
}

#else

TEST_CASE("without Arrow a Parquet file is refused by name") {
  CHECK_THROWS_WITH_AS(read_examples(kData / "messages.parquet"),
                       doctest::Contains("messages.parquet: this program was built without Apache Arrow"),
                       Error);
}

#endif
