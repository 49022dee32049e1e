#include "base/content_hash.h"

#include <doctest/doctest.h>

#include "support/scratch.h"

using namespace selfreward;

// python3 -c "import xxhash; print(xxhash.xxh3_128_hexdigest(b''),
// xxhash.xxh3_128_hexdigest(b'selfreward'))", xxhash 4.1.0
TEST_CASE("contents are hashed by XXH3 with 128 bits") {
  CHECK(content_hash("") == "xxh3:99aa06d3014798d86001c324468d497f");
  CHECK(content_hash("selfreward") == "xxh3:20e8d73722a77aef94c6c6e18150501a");
  CHECK(is_content_hash(content_hash("a")));
  CHECK(!is_content_hash(0.5));
  CHECK(!is_content_hash("bfloat16"));
}

TEST_CASE("a file has the hash of its bytes, also when it has changed meanwhile") {
  const fs::path file = scratch_dir() / "a.bin";
  const std::string large(3'000'000, 'x');  // more than is read at once
  for (const std::string& text : {std::string(), std::string("one"), std::string("two"), large}) {
    write_file_atomically(file, text);
    CHECK(file_hash(file) == content_hash(text));
    CHECK(file_hash(file) == content_hash(text));
  }
  CHECK_THROWS_WITH_AS(file_hash(file.parent_path() / "none"), doctest::Contains("No such file"), Error);
}

TEST_CASE("files go by their names, a directory by all that it holds") {
  const fs::path dir = scratch_dir();
  write_file_atomically(dir / "a/x.jsonl", "1");
  write_file_atomically(dir / "b/x.jsonl", "2");
  write_file_atomically(dir / "b/deep/y.jsonl", "3");
  const Json files = content_hashes({dir / "a/x.jsonl", dir / "b/x.jsonl"});
  CHECK(files == Json{{"x.jsonl", content_hash("1")}, {"x.jsonl (2)", content_hash("2")}});
  CHECK(content_hashes({dir / "b"}) ==
        Json{{"deep/y.jsonl", content_hash("3")}, {"x.jsonl", content_hash("2")}});
}
