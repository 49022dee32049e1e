#include "model/gguf/rope.h"

#include <doctest/doctest.h>

#include "support/scratch.h"

using namespace selfreward;

namespace {

const Json kLlama3 = {{"factor", 32.0},
                      {"high_freq_factor", 4.0},
                      {"low_freq_factor", 1.0},
                      {"original_max_position_embeddings", 8192},
                      {"rope_type", "llama3"}};

/// Writes the settings as a file of this architecture with heads of 64 has them, and reads them back.
RopeSettings there_and_back(const RopeSettings& rope, const std::string& architecture, const Json& config) {
  GgufContents contents{.metadata = {{"general.architecture", architecture}}, .tensors = {}};
  put_gguf_rope(rope, architecture, 64, config, contents);
  const fs::path path = scratch("rope.gguf");
  write_gguf(path, contents);
  return read_gguf_rope(read_gguf(path), 64, 4096);
}

}  // namespace

TEST_CASE("rope settings are read in the spelling of transformers 4 and of 5") {
  const RopeSettings old = read_rope_settings({{"rope_theta", 5e5},
                                               {"rope_scaling", {{"type", "linear"}, {"factor", 2.0}}},
                                               {"rope_local_base_freq", 1e4}},
                                              "config.json");
  CHECK(old.theta == 5e5);
  CHECK(old.scaling == Json{{"factor", 2.0}, {"rope_type", "linear"}});
  CHECK(old.local_theta == 1e4);
  const Json nested = {{"full_attention", {{"rope_type", "linear"}, {"factor", 8.0}, {"rope_theta", 1e6}}},
                       {"sliding_attention", {{"rope_type", "default"}, {"rope_theta", 2e4}}}};
  const RopeSettings both = read_rope_settings({{"rope_parameters", nested}}, "config.json");
  CHECK(both.theta == 1e6);
  CHECK(both.scaling["factor"] == 8.0);
  CHECK(both.local_theta == 2e4);
  const RopeSettings plain = read_rope_settings(
      {{"rope_parameters", {{"rope_type", "default"}, {"rope_theta", 7.0}, {"partial_rotary_factor", 0.5}}}},
      "c");
  CHECK(plain.theta == 7.0);
  CHECK(plain.partial == 0.5);
  CHECK(plain.scaling.is_null());
}

TEST_CASE("a rope scaling comes back from a GGUF file as it was") {
  const Json linear = {{"factor", 8.0}, {"rope_type", "linear"}};
  const Json yarn = {{"factor", 4.0}, {"original_max_position_embeddings", 32768}, {"rope_type", "yarn"}};
  const Json none = Json::object();
  CHECK(there_and_back({1e6, {}, 1.0, linear}, "gemma3", none).scaling == linear);
  CHECK(there_and_back({1e6, 1e4, 1.0, {}}, "gemma3", none).local_theta == 1e4);
  CHECK(there_and_back({1e6, {}, 1.0, yarn}, "qwen2", none).scaling == yarn);
  CHECK(there_and_back({5e5, {}, 1.0, kLlama3}, "llama", none).scaling == kLlama3);
  CHECK(there_and_back({1e6, {}, 0.75, {}}, "phi3", none).partial == 0.75);
  Json factors = Json::array();
  for (int i = 0; i < 32; ++i) factors.push_back(1.5 + i);
  const Json lengths = {{"max_position_embeddings", 4096}, {"original_max_position_embeddings", 1024}};
  const Json longrope = {{"long_factor", factors}, {"rope_type", "longrope"}, {"short_factor", factors}};
  const Json back = there_and_back({1e4, {}, 1.0, longrope}, "phi3", lengths).scaling;
  CHECK(back == Json{{"long_factor", factors}, {"short_factor", factors}, {"type", "longrope"}});
}

TEST_CASE("Llama 3's factors keep short waves, divide long ones, and blend between") {
  const std::vector<float> factors = llama3_rope_factors(kLlama3, 5e5, 64);
  REQUIRE(factors.size() == 32);
  CHECK(factors.front() == 1.0f);
  CHECK(factors.back() == 32.0f);
  // wavelength 2 pi 5e5^(30/64) = 2948.2, so (8192 / 2948.2 - 1) / 3 = 0.5929 of it stays: 1 / (0.4071 / 32 +
  // 0.5929)
  CHECK(factors[15] == doctest::Approx(1.65133).epsilon(1e-5));
}

TEST_CASE("a rope scaling that GGUF cannot hold is an error") {
  const Json yarn = {
      {"rope_type", "yarn"}, {"factor", 4.0}, {"original_max_position_embeddings", 8}, {"beta_fast", 1}};
  const auto write = [](const Json& scaling, const char* architecture) {
    there_and_back({1e4, {}, 1.0, scaling}, architecture, Json::object());
  };
  CHECK_THROWS_WITH_AS(write(kLlama3, "qwen2"), doctest::Contains("no rope scaling \"llama3\""), Error);
  CHECK_THROWS_WITH_AS(write(yarn, "qwen2"), doctest::Contains("\"beta_fast\" cannot be written"), Error);
  CHECK_THROWS_WITH_AS(write({{"rope_type", "dynamic"}, {"factor", 2}}, "llama"),
                       doctest::Contains("dynamic"), Error);
}
