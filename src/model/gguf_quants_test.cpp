#include "model/gguf_quants.h"

#include <doctest/doctest.h>

#include <cmath>

#include "base/json.h"

using namespace selfreward;

namespace {

/// A case of tests/golden/make_gguf_golden.py (gguf 0.19.0): the bytes of a tensor and its weights.
struct Golden {
  std::vector<uint8_t> bytes;
  std::vector<float> weights;
};

Golden load_golden(const std::string& type) {
  const Json json = read_json(SELFREWARD_SOURCE_DIR "/tests/fixtures/gguf/quants.json")[type];
  Golden golden{{}, json["weights"].get<std::vector<float>>()};
  const auto hex = json["bytes"].get<std::string>();
  for (size_t i = 0; i < hex.size(); i += 2)
    golden.bytes.push_back(static_cast<uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return golden;
}

template <typename Dequantize>
void check_golden(const GgmlType& type, Dequantize dequantize) {
  const Golden golden = load_golden(type.name);
  const auto count = static_cast<int64_t>(golden.weights.size()) / type.weights;
  REQUIRE(static_cast<int64_t>(golden.bytes.size()) == count * type.bytes);
  std::vector<float> weights(golden.weights.size(), std::nanf(""));
  dequantize(golden.bytes.data(), count, weights.data());
  CHECK(weights == golden.weights);
}

}  // namespace

TEST_CASE("blocks become the weights that the gguf package makes of them, bit for bit") {
  check_golden(kGgmlQ4_0, dequantize_q4_0);
  check_golden(kGgmlQ4_1, dequantize_q4_1);
  check_golden(kGgmlQ8_0, dequantize_q8_0);
  check_golden(kGgmlF16, convert_f16);
  check_golden(kGgmlBF16, convert_bf16);
}

TEST_CASE("a type has its name whether it can be read or not") {
  CHECK(ggml_type_name(14) == "Q6_K");
  CHECK(ggml_type_name(30) == "BF16");
  CHECK(ggml_type_name(4) == "type 4");
  CHECK(ggml_type_name(4000000000) == "type 4000000000");
  CHECK(find_ggml_type(14) == nullptr);
  CHECK(find_ggml_type(3)->bytes == 20);
}
