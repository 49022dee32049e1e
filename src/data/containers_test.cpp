// JSON lines and arrays, gzip, directories; Parquet is in parquet_test.cpp.
#include <doctest/doctest.h>
#include <zlib.h>

#include "data/readers.h"
#include "data/rows/rows.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

const std::string kRow1 = R"({"prompt":"a, [b] \"c\" }","completion":"d"})",
                  kRow2 = R"({"prompt":"e","completion":"f"})";

fs::path file_of(const std::string& name, const std::string& content) {
  write_file_atomically(scratch(name), content);
  return scratch(name);
}

fs::path packed_file(const std::string& name, const std::string& content) {
  file_of(name, "");
  gzFile file = gzopen(scratch(name).c_str(), "wb");
  gzwrite(file, content.data(), static_cast<unsigned>(content.size()));
  gzclose(file);
  return scratch(name);
}

std::vector<Row> rows_of(const fs::path& path) {
  std::vector<Row> rows;
  for_each_row(path, [&](const Row& row) { rows.push_back(row); });
  return rows;
}

void check_error(const fs::path& path, const char* reason) {
  CHECK_THROWS_WITH_AS(rows_of(path), doctest::Contains(reason), Error);
}

}  // namespace

TEST_CASE("every JSON container hands out the same rows") {
  const std::string lines = kRow1 + "\r\n\n" + kRow2, array = " \n[\n" + kRow1 + " ,\n" + kRow2 + "]\n ";
  const std::vector<std::pair<fs::path, std::string>> files = {
      {file_of("data.jsonl", lines), "JSON lines"},
      {file_of("data.json", lines), "JSON lines"},
      {packed_file("data.jsonl.gz", lines), "JSON lines, gzip"},
      {file_of("array.json", array), "JSON array"},
      {packed_file("array.json.gz", "\xef\xbb\xbf" + array), "JSON array, gzip"},
      {file_of("marked.jsonl", "\xef\xbb\xbf" + lines), "JSON lines"},
  };
  for (const auto& [file, container] : files) {
    CAPTURE(file);
    CHECK(container_of(file) == container);
    const auto rows = rows_of(file);
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].value == Json::parse(kRow1));
    CHECK(rows[1].value == Json::parse(kRow2));
    CHECK(rows[1].file == file.filename());
    CHECK(first_row(file).value == rows[0].value);
  }
}

TEST_CASE("a row knows its file and line") {
  const auto packed = rows_of(packed_file("data.jsonl.gz", "\n\n" + kRow1 + "\n\n" + kRow2));
  CHECK(packed[0].where.ends_with("data.jsonl.gz, line 3"));
  CHECK(packed[1].id == "data-5");
  const auto array = rows_of(file_of("array.json", "[" + kRow1 + "," + kRow2 + "]"));
  CHECK(array[1].where.ends_with("array.json, row 2"));
}

TEST_CASE("lines longer than the buffer are whole") {
  const std::string text(300'000, 'x');
  const auto rows = rows_of(packed_file("long.jsonl.gz", Json{{"prompt", text}}.dump() + "\n" + kRow2));
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].value["prompt"] == text);
}

TEST_CASE("an array that is not one is an error with its row") {
  check_error(file_of("cut.json", "[" + kRow1 + ", {\"prompt\": \"e"), "row 2: the array does not end");
  check_error(file_of("cut.json", "[" + kRow1), "row 1: the array does not end");
  check_error(file_of("comma.json", "[" + kRow1 + " " + kRow2 + "]"), "row 1 is not valid JSON");
  check_error(file_of("comma.json", "[" + kRow1 + ",]"), "row 2 is not valid JSON");
  check_error(file_of("comma.json", "[" + kRow1 + "}, 1]"), "row 1 is not valid JSON");
  check_error(file_of("more.json", "[" + kRow1 + "] " + kRow2), "more behind the end of the array");
  check_error(file_of("strings.json", "[\"a\"]"), "row 1: expected a JSON object, found string");
  CHECK(rows_of(file_of("empty.json", " [ ] ")).empty());
  CHECK_THROWS_WITH_AS(read_examples(scratch("empty.json")), doctest::Contains("has no rows"), Error);
  CHECK_THROWS_WITH_AS(first_row(scratch("empty.json")), doctest::Contains("has no rows"), Error);
}

TEST_CASE("what the parser quotes of a broken row is cut") {
  const fs::path path = file_of("quoted.jsonl", "{\"prompt\": \"" + std::string(5000, 'x'));
  try {
    rows_of(path);
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(std::string(error.what()).size() < 400);
    CHECK(std::string(error.what()).find("line 1 is not valid JSON") != std::string::npos);
  }
}

TEST_CASE("a gzip file that is cut off or damaged is an error") {
  std::string content;
  for (int i = 0; i < 2000; ++i)
    content += str("{\"prompt\":\"", i * 7919 % 1000, "\",\"completion\":\"", i, "\"}\n");
  const std::string whole = read_file(packed_file("whole.jsonl.gz", content));
  check_error(file_of("cut.jsonl.gz", whole.substr(0, whole.size() / 2)), "it is cut off");
  std::string damaged = whole;
  damaged[damaged.size() - 6] ^= 1;  // of the checksum
  check_error(file_of("damaged.jsonl.gz", damaged), "cannot read");
}

TEST_CASE("files that are no data are refused by what they are") {
  check_error(file_of("x.arrow", "ARROW1\0\0"), "is an Arrow file; write it as Parquet");
  check_error(file_of("x.arrow", "\xff\xff\xff\xff...."), "is an Arrow stream");
  check_error(file_of("x.jsonl.zst", "\x28\xb5\x2f\xfd..."), "packed by zstd");
  check_error(file_of("x.zip", "PK\x03\x04"), "a zip file");
  check_error(file_of("x.bz2", "BZh9"), "packed by bzip2");
  check_error(file_of("x.xz", "\xfd\x37zXZ"), "packed by xz");
  check_error(file_of("x.parquet", "version https://git-lfs.github.com/spec/v1\n"), "run: git lfs pull");
  check_error(file_of("x.csv", "prompt,completion\na,b\n"), "line 1 is not valid JSON");
  check_error(scratch("absent.jsonl"), "cannot read");
}

TEST_CASE("a directory stands for its data files in the order of their names") {
  fs::remove_all(scratch("dir"));
  file_of("dir/b-2.jsonl", kRow2);
  file_of("dir/a-1.json", "[" + kRow1 + "]");
  file_of("dir/README.md", "not data");
  file_of("dir/.hidden.jsonl", "not data");
  file_of("dir/sub/c.jsonl", kRow1);
  const auto rows = rows_of(scratch("dir"));
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].id == "a-1-1");
  CHECK(rows[1].file == "b-2.jsonl");
  CHECK(read_examples(scratch("dir")).records[1].source == "b-2.jsonl");
}

TEST_CASE("a directory without data, or with several splits, is an error") {
  fs::remove_all(scratch("splits"));
  file_of("splits/README.md", "");
  check_error(scratch("splits"), "holds no data files");
  file_of("splits/train-00000-of-00002.jsonl", kRow1);
  file_of("splits/train-00001-of-00002.jsonl", kRow2);
  CHECK(rows_of(scratch("splits")).size() == 2);
  file_of("splits/test-00000-of-00001.jsonl", kRow2);
  check_error(scratch("splits"), "several splits: test, train");
}
