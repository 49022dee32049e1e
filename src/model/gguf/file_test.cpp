#include "model/gguf/file.h"

#include <doctest/doctest.h>

#include <fstream>

#include "support/scratch.h"

using namespace selfreward;

namespace {

constexpr const char* kTiny = SELFREWARD_SOURCE_DIR "/tests/fixtures/gguf/tiny.gguf";

template <typename T>
std::string raw(T value) {
  return std::string(reinterpret_cast<const char*>(&value), sizeof value);
}

std::string text(const std::string& value) {
  return raw(uint64_t{value.size()}) + value;
}

/// Magic, version and the two counts.
std::string start(uint64_t num_tensors, uint64_t num_values, uint32_t version = 3) {
  return "GGUF" + raw(version) + raw(num_tensors) + raw(num_values);
}

/// The description of an F32 tensor, `sizes` innermost first.
std::string tensor(const std::string& name, const std::vector<uint64_t>& sizes, uint32_t type,
                   uint64_t offset) {
  std::string bytes = text(name) + raw(static_cast<uint32_t>(sizes.size()));
  for (const uint64_t size : sizes) bytes += raw(size);
  return bytes + raw(type) + raw(offset);
}

/// `head` up to the next multiple of 32, then `data_bytes` zeros.
std::string with_data(std::string head, size_t data_bytes) {
  head.resize((head.size() + 31) / 32 * 32, '\0');
  return head + std::string(data_bytes, '\0');
}

GgufFile parse(const std::string& bytes) {
  const fs::path path = scratch("parsed.gguf");
  fs::remove(path);  // thousands of files: neither synced nor truncated, which would sync too
  std::ofstream(path, std::ios::binary) << bytes;
  return read_gguf(path);
}

std::string error_of(const std::string& bytes) {
  try {
    parse(bytes);
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("every kind of metadata value is read, in versions 2 and 3") {
  const auto key = [](const std::string& name, uint32_t type) { return text(name) + raw(type); };
  std::string bytes = key("u8", 0) + raw(uint8_t{255}) + key("i8", 1) + raw(int8_t{-1});
  bytes += key("u16", 2) + raw(uint16_t{65535}) + key("i16", 3) + raw(int16_t{-2});
  bytes += key("u32", 4) + raw(uint32_t{4000000000}) + key("i32", 5) + raw(int32_t{-3});
  bytes += key("f32", 6) + raw(1.5f) + key("bool", 7) + raw(uint8_t{1}) + key("text", 8) + text("hé");
  bytes += key("list", 9) + raw(uint32_t{8}) + raw(uint64_t{2}) + text("a") + text("");
  bytes += key("nested", 9) + raw(uint32_t{9}) + raw(uint64_t{1}) + raw(uint32_t{5}) + raw(uint64_t{1}) +
           raw(int32_t{7});
  bytes += key("u64", 10) + raw(UINT64_MAX) + key("i64", 11) + raw(INT64_MIN) + key("f64", 12) + raw(0.1);
  for (const uint32_t version : {2u, 3u}) {
    const GgufFile file = parse(start(0, 14, version) + bytes + std::string(64, '\0'));
    const std::map<std::string, Json> expected = {{"u8", 255},
                                                  {"i8", -1},
                                                  {"u16", 65535},
                                                  {"i16", -2},
                                                  {"u32", 4000000000u},
                                                  {"i32", -3},
                                                  {"f32", 1.5},
                                                  {"bool", true},
                                                  {"text", "hé"},
                                                  {"list", {"a", ""}},
                                                  {"nested", Json::array({Json::array({7})})},
                                                  {"u64", UINT64_MAX},
                                                  {"i64", INT64_MIN},
                                                  {"f64", 0.1}};
    CHECK(file.metadata == expected);
    CHECK(file.version == version);
  }
}

TEST_CASE("a tensor lies at its aligned place with its sizes turned round") {
  std::string bytes = start(1, 1) + text("general.alignment") + raw(uint32_t{4}) + raw(uint32_t{64});
  bytes += tensor("w", {3, 2}, /*type=*/0, 0);
  bytes.resize((bytes.size() + 63) / 64 * 64, '\0');
  for (int i = 0; i < 6; ++i) bytes += raw(static_cast<float>(i));
  const GgufFile file = parse(bytes);
  REQUIRE(file.find("w") != nullptr);
  CHECK(file.find("v") == nullptr);
  CHECK(at::equal(load_gguf_tensor(file, *file.find("w")), at::arange(6, at::kFloat).reshape({2, 3})));
}

TEST_CASE("a tensor type that is not read is named with its tensor, when it is asked for") {
  const GgufFile file =
      parse(with_data(start(1, 0) + tensor("blk.0.ffn_up.weight", {256}, /*IQ2_XXS*/ 16, 0), 66));
  CHECK_THROWS_WITH_AS(load_gguf_tensor(file, file.tensors[0]),
                       doctest::Contains("tensor \"blk.0.ffn_up.weight\" is IQ2_XXS; only F32"), Error);
}

TEST_CASE("a file cut at any byte is an error, never a crash") {
  const std::string good = read_file(kTiny);
  for (size_t size = 0; size < good.size(); size += size < 4000 ? 1 : 97) {
    CAPTURE(size);
    CHECK(error_of(good.substr(0, size)).starts_with("[gguf] "));
  }
  CHECK(error_of(good) == "no error");
}

TEST_CASE("any byte of the head may be wrong without harm") {
  const std::string good = read_file(kTiny);
  const size_t head = parse(good).tensors[0].offset;
  for (size_t at = 0; at < head; ++at) {
    for (const int value : {0x00, 0x01, 0x09, 0x7f, 0xff}) {
      std::string bad = good;
      bad[at] = static_cast<char>(value);
      const std::string error = error_of(bad);
      CHECK((error == "no error" || error.starts_with("[gguf] ")));
    }
  }
}

TEST_CASE("a file that cannot be true says what is wrong") {
  const auto value = [](const std::string& name, uint32_t type) { return text(name) + raw(type); };
  std::string deep = start(0, 1) + value("deep", 9);
  for (int i = 0; i < 100; ++i) deep += raw(uint32_t{9}) + raw(uint64_t{1});
  const std::pair<std::string, std::string> cases[] = {
      {"", "is it a GGUF file?"},
      {"PK\3\4" + std::string(100, '\0'), "is it a GGUF file?"},
      {start(0, 0, 1), "is GGUF version 1, expected 2 or 3"},
      {start(0, 0, 0x03000000), "big-endian"},
      {start(UINT64_MAX, 0), "18446744073709551615 tensors do not fit"},
      {start(0, uint64_t{1} << 40), "metadata values do not fit"},
      {start(0, 1) + raw(UINT64_MAX) + std::string(16, 'x'), "an incomplete download or a damaged file?"},
      {start(0, 1) + value("k", 13) + std::string(16, 'x'), "value type 13"},
      {start(0, 1) + value("k", 9) + raw(uint32_t{0}) + raw(uint64_t{1} << 60), "array elements do not fit"},
      {deep, "nested too deep"},
      {start(0, 2) + value("k", 0) + "x" + value("k", 0) + "x" + std::string(64, '\0'), "k stands twice"},
      {start(0, 1) + value("general.alignment", 4) + raw(uint32_t{0}), "general.alignment is 0"},
      {start(0, 1) + value("general.alignment", 4) + raw(uint32_t{24}), "general.alignment is 24"},
      {with_data(start(1, 0) + tensor("w", {1, 1, 1, 1, 1}, 0, 0), 64), "has 5 dimensions"},
      {with_data(start(1, 0) + tensor("w", {0}, 0, 0), 64), "has a size of 0"},
      {with_data(start(1, 0) + tensor("w", {uint64_t{1} << 63}, 0, 0), 64),
       "has a size of -9223372036854775808"},
      {with_data(start(1, 0) + tensor("w", {uint64_t{1} << 32, uint64_t{1} << 32}, 0, 0), 64),
       "a damaged file?"},
      {with_data(start(1, 0) + tensor("w", {uint64_t{1} << 62}, 0, 0), 64), "is too large"},
      {with_data(start(1, 0) + tensor("w", {17}, 0, 0), 64), "needs 68 bytes at 0"},
      {with_data(start(1, 0) + tensor("w", {1}, 0, 8), 64), "not a multiple of 32"},
      {with_data(start(1, 0) + tensor("w", {1}, 0, ~uint64_t{31}), 64), "an incomplete download?"},
      {with_data(start(1, 0) + tensor("w", {31}, /*Q8_0*/ 8, 0), 64), "rows of 31, which Q8_0 blocks of 32"},
      {with_data(start(2, 0) + tensor("v", {9}, 0, 0) + tensor("w", {1}, 0, 32), 64), "two tensors share"},
      {with_data(start(2, 0) + tensor("w", {1}, 0, 0) + tensor("w", {1}, 0, 32), 64), "\"w\" stands twice"}};
  for (const auto& [bytes, message] : cases) {
    CAPTURE(message);
    CAPTURE(error_of(bytes));
    CHECK(error_of(bytes).find(message) != std::string::npos);
  }
}
