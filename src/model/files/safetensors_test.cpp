#include "model/files/safetensors.h"

#include <doctest/doctest.h>

#include <fstream>

#include "base/json.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

/// A file whose header claims `length` bytes (its own length where 0), followed by `data_bytes` counted up
/// from 0.
std::string file_bytes(const std::string& header, size_t data_bytes, uint64_t length = 0) {
  std::string bytes;
  if (length == 0) length = header.size();
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(length >> (8 * i) & 0xff);
  bytes += header;
  for (size_t i = 0; i < data_bytes; ++i) bytes += static_cast<char>(i);
  return bytes;
}

std::string error_of(const std::string& bytes) {
  const fs::path path = scratch("damaged.safetensors");
  fs::remove(path);  // thousands of files: neither synced nor truncated, which would sync too
  std::ofstream(path, std::ios::binary) << bytes;
  try {
    read_safetensors(path);
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

constexpr const char* kTwo =
    R"({"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"b":{"dtype":"I64","shape":[1],"data_offsets":[16,24]}})";

}  // namespace

TEST_CASE("every dtype comes back as it was written") {
  const fs::path path = scratch_dir() / "t.safetensors";
  NamedTensors tensors;
  for (const at::ScalarType type : {at::kByte, at::kDouble, at::kFloat, at::kHalf, at::kBFloat16, at::kLong,
                                    at::kInt, at::kShort, at::kChar, at::kBool})
    tensors.emplace_back(c10::toString(type), at::arange(-3, 4, at::kFloat).abs().to(type).reshape({7, 1}));
  tensors.emplace_back("scalar", at::scalar_tensor(2.5, at::kFloat));
  tensors.emplace_back("empty", at::zeros({0, 4}, at::kFloat));
  tensors.emplace_back("transposed", at::arange(6, at::kFloat).reshape({2, 3}).t());
  write_safetensors(path, tensors);
  const TensorMap read = read_safetensors(path);
  CHECK(read.size() == tensors.size());
  for (const auto& [name, tensor] : tensors) {
    CAPTURE(name);
    CHECK((read.at(name).scalar_type() == tensor.scalar_type()));
    CHECK(at::equal(read.at(name), tensor));
  }
}

TEST_CASE("a file of the reference implementation is read") {
  // tests/golden/make_gguf_golden.py: safetensors 0.8.0
  const auto tensors = read_safetensors(SELFREWARD_SOURCE_DIR "/tests/fixtures/gguf/tiny.safetensors");
  CHECK(tensors.size() == 21);
  CHECK(tensors.at("model.layers.1.mlp.up_proj.weight").sizes() == at::IntArrayRef({64, 32}));
}

TEST_CASE("floating tensors are stored in the dtype asked for, others stay, the data is aligned") {
  const fs::path path = scratch_dir() / "t.safetensors";
  write_safetensors(path, {{"odd", at::ones({3}, at::kByte)}, {"weight", at::full({2}, 1.0f / 3)}},
                    at::kBFloat16);
  const std::string bytes = read_file(path);
  const auto length = static_cast<size_t>(static_cast<unsigned char>(bytes[0]));
  CHECK(length % 8 == 0);
  const Json header = parse_json(bytes.substr(8, length), "header");
  CHECK(header["__metadata__"] == Json{{"format", "pt"}});
  CHECK(header["weight"] == Json{{"dtype", "BF16"}, {"shape", {2}}, {"data_offsets", {0, 4}}});
  CHECK(header["odd"] == Json{{"dtype", "U8"}, {"shape", {3}}, {"data_offsets", {4, 7}}});
  CHECK(std::distance(fs::directory_iterator(path.parent_path()), fs::directory_iterator()) == 1);
}

TEST_CASE("tensors outlive the map and the file, and writing to them leaves the file alone") {
  const fs::path path = scratch_dir() / "t.safetensors";
  write_safetensors(path, {{"a", at::ones({1000})}});
  {
    const at::Tensor a = read_safetensors(path).at("a");
    a.fill_(7);
    CHECK(read_safetensors(path).at("a").sum().item<float>() == 1000);
    fs::remove(path);
    CHECK(a.sum().item<float>() == 7000);
  }
}

TEST_CASE("a tensor at an odd address is read all the same") {
  // Old writers did not pad the header to a multiple of 8.
  const std::string header = R"({"a":{"dtype":"I32","shape":[1],"data_offsets":[0,4]}} )";
  REQUIRE(header.size() % 4 != 0);
  const fs::path path = scratch_dir() / "t.safetensors";
  write_file_atomically(path, file_bytes(header, 4));
  CHECK(read_safetensors(path).at("a").item<int>() == 0x03020100);
}

TEST_CASE("a file cut at any byte is an error, never a crash") {
  const std::string good = file_bytes(kTwo, 24);
  REQUIRE(error_of(good) == "no error");
  for (size_t size = 0; size < good.size(); ++size) {
    CAPTURE(size);
    CHECK(error_of(good.substr(0, size)).starts_with("[safetensors] "));
  }
  CHECK(error_of(good + "x").find("the tensors end at") != std::string::npos);
}

TEST_CASE("any byte of the header may be wrong without harm") {
  const std::string good = file_bytes(kTwo, 24);
  for (size_t at = 0; at < good.size() - 24; ++at) {
    for (const int value : {0x00, 0x22, 0x30, 0x39, 0x7d, 0x7f, 0xff}) {
      std::string bad = good;
      bad[at] = static_cast<char>(value);
      const std::string error = error_of(bad);
      CHECK((error == "no error" || error.starts_with("[safetensors] ")));
    }
  }
}

TEST_CASE("a header that cannot be true says what is wrong") {
  const auto one = [](const std::string& dtype, const std::string& shape, const std::string& offsets) {
    return file_bytes(
        R"({"a":{"dtype":)" + dtype + R"(,"shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}", 8);
  };
  const auto two = [](const std::string& first, const std::string& second) {
    return file_bytes(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":)" + first +
                          R"(},"b":{"dtype":"U8","shape":[4],"data_offsets":)" + second + "}}",
                      8);
  };
  const std::pair<std::string, std::string> cases[] = {
      {"", "0 bytes, too few for a header; an incomplete download?"},
      {"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"},
      {file_bytes("{}", 0, 100), "an incomplete download?"},
      {file_bytes("{}", 0, uint64_t{1} << 63), "the header claims 9223372036854775808 bytes"},
      {file_bytes("{}", 0, UINT64_MAX), "is this a safetensors file?"},
      {file_bytes("[]", 0), "not a JSON object"},
      {file_bytes("{\"a\":", 0), "not valid JSON"},
      {file_bytes(std::string(5000, '['), 0), "not valid JSON"},
      {file_bytes("{\"\xff\":1}", 0), "not valid JSON"},
      {file_bytes(R"({"a":3})", 0), "expected dtype, shape and data_offsets"},
      {file_bytes(
           R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"a":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})",
           8),
       "\"a\" stands twice"},
      {one(R"("F8_E4M3")", "[8]", "[0,8]"), "dtype F8_E4M3 is not supported"},
      {one("3", "[8]", "[0,8]"), "expected dtype"},
      {one(R"("F32")", "[2]", "[8,0]"), "run backwards"},
      {one(R"("F32")", "[3]", "[0,12]"), "an incomplete download?"},
      {one(R"("F32")", "[3]", "[0,8]"), "does not fill"},
      {one(R"("F32")", "[-2]", "[0,8]"), "expected a whole number, found -2"},
      {one(R"("F32")", "[2.0]", "[0,8]"), "expected a whole number, found 2.0"},
      {one(R"("F32")", "2", "[0,8]"), "expected a list"},
      {one(R"("F32")", "[2]", "[0,8,9]"), "expected two numbers"},
      {one(R"("F32")", "[2]", "[-8,0]"), "found -8"},
      {one(R"("F32")", "[4611686018427387904,4]", "[0,0]"), "does not fill"},  // 2^62 * 4 * 4 wraps to 0
      {one(R"("F32")", "[18446744073709551615,2]", "[0,8]"), "is too large"},
      {one(R"("F32")", "[2]", "[18446744073709551608,18446744073709551615]"), "an incomplete download?"},
      {two("[0,4]", "[2,6]"), "inside"},
      {two("[0,4]", "[0,4]"), "inside"},
      {file_bytes(R"({"b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})", 8), "with a gap after"},
      {file_bytes(R"({"b":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})", 8), "the tensors end at"}};
  for (const auto& [bytes, message] : cases) {
    CAPTURE(message);
    CAPTURE(error_of(bytes));
    CHECK(error_of(bytes).find(message) != std::string::npos);
  }
}

TEST_CASE("a write that fails leaves neither a file nor a part of it") {
  const fs::path path = scratch_dir() / "t.safetensors";
  CHECK_THROWS_WITH_AS(write_safetensors(path, {{"a", at::ones({1})}, {"a", at::ones({1})}}),
                       doctest::Contains("\"a\" cannot be written twice"), Error);
  CHECK_THROWS_AS(write_safetensors(path, {{"c", at::ones({1}, at::kComplexFloat)}}), Error);
  CHECK_THROWS_AS(write_safetensors(path.parent_path() / "no" / "dir.safetensors", {}), Error);
  CHECK(fs::is_empty(path.parent_path()));
}
