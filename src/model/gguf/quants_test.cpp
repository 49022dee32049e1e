#include "model/gguf/quants.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "base/json.h"

using namespace selfreward;

namespace {

using Bytes = std::vector<uint8_t>;

/// A case of tests/golden/make_gguf_golden.py (gguf 0.19.0).
Json load_case(const std::string& name) {
  return read_json(SELFREWARD_SOURCE_DIR "/tests/fixtures/gguf/quants.json").at(name);
}

Bytes bytes_of(const Json& hex_text) {
  Bytes bytes;
  const auto hex = hex_text.get<std::string>();
  for (size_t i = 0; i < hex.size(); i += 2)
    bytes.push_back(static_cast<uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

/// float32 values, little-endian.
std::vector<float> weights_of(const Json& hex_text) {
  const Bytes bytes = bytes_of(hex_text);
  std::vector<float> weights(bytes.size() / sizeof(float));
  std::memcpy(weights.data(), bytes.data(), bytes.size());
  return weights;
}

}  // namespace

TEST_CASE("blocks become the weights that the gguf package makes of them, bit for bit") {
  int types = 0;
  for (uint32_t id = 0; id < 64; ++id) {
    const GgmlType* type = find_ggml_type(id);
    if (type == nullptr) continue;
    CAPTURE(type->name);
    CHECK(ggml_type_name(id) == type->name);
    const Json golden = load_case(type->name);
    const Bytes bytes = bytes_of(golden["bytes"]);
    const std::vector<float> expected = weights_of(golden["weights"]);
    const auto blocks = static_cast<int64_t>(expected.size()) / type->weights;
    REQUIRE(static_cast<int64_t>(bytes.size()) == blocks * type->bytes);
    std::vector<float> weights(expected.size(), std::nanf(""));
    type->read(bytes.data(), blocks, weights.data());
    CHECK(weights == expected);
    ++types;
  }
  CHECK(types == 15);
}

TEST_CASE("weights become the Q8_0 blocks that the gguf package makes of them, byte for byte") {
  const Json golden = load_case("quantize Q8_0");
  const std::vector<float> weights = weights_of(golden["weights"]);
  Bytes blocks(weights.size() / 32 * 34);
  quantize_q8_0(weights.data(), static_cast<int64_t>(weights.size()) / 32, blocks.data());
  CHECK(blocks == bytes_of(golden["bytes"]));
}

TEST_CASE("a type has its name whether it can be read or not") {
  CHECK(ggml_type_name(16) == "IQ2_XXS");
  CHECK(ggml_type_name(30) == "BF16");
  CHECK(ggml_type_name(4) == "type 4");
  CHECK(ggml_type_name(4000000000) == "type 4000000000");
  CHECK(find_ggml_type(16) == nullptr);
  CHECK(find_ggml_type(3)->bytes == 20);
  CHECK(readable_ggml_types().starts_with("F32, F16, BF16, Q8_0, "));
}
