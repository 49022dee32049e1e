#include "model/gguf_quants.h"

#include <c10/util/Half.h>

#include <array>
#include <bit>

namespace selfreward {
namespace {

constexpr GgmlType kSupported[] = {kGgmlF32, kGgmlF16, kGgmlQ4_0, kGgmlQ4_1, kGgmlQ8_0, kGgmlBF16};

// Ids 4, 5 and 31 to 33, 36 to 38 were given up by GGML.
constexpr std::array<const char*, 42> kNames = {
    "F32",   "F16",    "Q4_0",  "Q4_1",  nullptr, nullptr,   "Q5_0",   "Q5_1",    "Q8_0",  "Q8_1",   "Q2_K",
    "Q3_K",  "Q4_K",   "Q5_K",  "Q6_K",  "Q8_K",  "IQ2_XXS", "IQ2_XS", "IQ3_XXS", "IQ1_S", "IQ4_NL", "IQ3_S",
    "IQ2_S", "IQ4_XS", "I8",    "I16",   "I32",   "I64",     "F64",    "IQ1_M",   "BF16",  nullptr,  nullptr,
    nullptr, "TQ1_0",  "TQ2_0", nullptr, nullptr, nullptr,   "MXFP4",  "NVFP4",   "Q1_0"};

uint16_t load_16(const uint8_t* bytes) {
  return static_cast<uint16_t>(bytes[0] | bytes[1] << 8);
}

float load_half(const uint8_t* bytes) {
  return static_cast<float>(c10::Half(load_16(bytes), c10::Half::from_bits()));
}

}  // namespace

const GgmlType* find_ggml_type(uint32_t id) {
  for (const GgmlType& type : kSupported)
    if (type.id == id) return &type;
  return nullptr;
}

std::string ggml_type_name(uint32_t id) {
  return id < kNames.size() && kNames[id] != nullptr ? kNames[id] : "type " + std::to_string(id);
}

void dequantize_q4_0(const uint8_t* blocks, int64_t num_blocks, float* weights) {
  for (int64_t i = 0; i < num_blocks; ++i, blocks += kGgmlQ4_0.bytes, weights += kGgmlBlock) {
    const float d = load_half(blocks);
    const uint8_t* q = blocks + 2;
    for (int64_t j = 0; j < kGgmlBlock / 2; ++j) {
      weights[j] = d * static_cast<float>((q[j] & 15) - 8);
      weights[j + kGgmlBlock / 2] = d * static_cast<float>((q[j] >> 4) - 8);
    }
  }
}

void dequantize_q4_1(const uint8_t* blocks, int64_t num_blocks, float* weights) {
  for (int64_t i = 0; i < num_blocks; ++i, blocks += kGgmlQ4_1.bytes, weights += kGgmlBlock) {
    const float d = load_half(blocks), m = load_half(blocks + 2);
    const uint8_t* q = blocks + 4;
    for (int64_t j = 0; j < kGgmlBlock / 2; ++j) {
      weights[j] = d * static_cast<float>(q[j] & 15) + m;
      weights[j + kGgmlBlock / 2] = d * static_cast<float>(q[j] >> 4) + m;
    }
  }
}

void dequantize_q8_0(const uint8_t* blocks, int64_t num_blocks, float* weights) {
  for (int64_t i = 0; i < num_blocks; ++i, blocks += kGgmlQ8_0.bytes, weights += kGgmlBlock) {
    const float d = load_half(blocks);
    for (int64_t j = 0; j < kGgmlBlock; ++j)
      weights[j] = d * static_cast<float>(static_cast<int8_t>(blocks[2 + j]));
  }
}

void convert_f16(const uint8_t* values, int64_t count, float* weights) {
  for (int64_t i = 0; i < count; ++i) weights[i] = load_half(values + 2 * i);
}

void convert_bf16(const uint8_t* values, int64_t count, float* weights) {
  for (int64_t i = 0; i < count; ++i)
    weights[i] = std::bit_cast<float>(uint32_t{load_16(values + 2 * i)} << 16);
}

}  // namespace selfreward
