#include "model/gguf/quants.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "model/gguf/k_quants.h"

namespace selfreward {
namespace {

constexpr int64_t kBlock = 32;  // weights in a block of the types below

void convert_f32(const uint8_t* values, int64_t count, float* weights) {
  std::memcpy(weights, values, static_cast<size_t>(count) * sizeof(float));
}

void convert_f16(const uint8_t* values, int64_t count, float* weights) {
  for (int64_t i = 0; i < count; ++i) weights[i] = load_half(values + 2 * i);
}

/// The upper half of a float32.
void convert_bf16(const uint8_t* values, int64_t count, float* weights) {
  for (int64_t i = 0; i < count; ++i)
    weights[i] = std::bit_cast<float>(static_cast<uint32_t>(values[2 * i] << 16) |
                                      static_cast<uint32_t>(values[2 * i + 1]) << 24);
}

/// {half d; uint8 q[16]}: weight j is d * (low nibble of q[j] - 8), weight 16 + j has the high nibble.
void dequantize_q4_0(const uint8_t* blocks, int64_t num_blocks, float* weights) {
  for (int64_t i = 0; i < num_blocks; ++i, blocks += 18, weights += kBlock) {
    const float d = load_half(blocks);
    const uint8_t* q = blocks + 2;
    for (int j = 0; j < 16; ++j) {
      weights[j] = d * static_cast<float>((q[j] & 15) - 8);
      weights[j + 16] = d * static_cast<float>((q[j] >> 4) - 8);
    }
  }
}

/// {half d; half m; uint8 q[16]}: d * nibble + m, nibbles as in q4_0.
void dequantize_q4_1(const uint8_t* blocks, int64_t num_blocks, float* weights) {
  for (int64_t i = 0; i < num_blocks; ++i, blocks += 20, weights += kBlock) {
    const float d = load_half(blocks), m = load_half(blocks + 2);
    const uint8_t* q = blocks + 4;
    for (int j = 0; j < 16; ++j) {
      weights[j] = d * static_cast<float>(q[j] & 15) + m;
      weights[j + 16] = d * static_cast<float>(q[j] >> 4) + m;
    }
  }
}

/// Five bits of weight `j`: a nibble as in q4_0, and bit j of `mask`.
int five_bits(const uint8_t* mask, const uint8_t* q, int j) {
  const int nibble = j < 16 ? q[j] & 15 : q[j - 16] >> 4;
  return nibble | (mask[j / 8] >> (j % 8) & 1) << 4;
}

/// {half d; uint8 mask[4]; uint8 q[16]}: d * (five bits - 16).
void dequantize_q5_0(const uint8_t* blocks, int64_t num_blocks, float* weights) {
  for (int64_t i = 0; i < num_blocks; ++i, blocks += 22, weights += kBlock) {
    const float d = load_half(blocks);
    for (int j = 0; j < kBlock; ++j)
      weights[j] = d * static_cast<float>(five_bits(blocks + 2, blocks + 6, j) - 16);
  }
}

/// {half d; half m; uint8 mask[4]; uint8 q[16]}: d * five bits + m.
void dequantize_q5_1(const uint8_t* blocks, int64_t num_blocks, float* weights) {
  for (int64_t i = 0; i < num_blocks; ++i, blocks += 24, weights += kBlock) {
    const float d = load_half(blocks), m = load_half(blocks + 2);
    for (int j = 0; j < kBlock; ++j)
      weights[j] = d * static_cast<float>(five_bits(blocks + 4, blocks + 8, j)) + m;
  }
}

/// {half d; int8 q[32]}: d * q[j].
void dequantize_q8_0(const uint8_t* blocks, int64_t num_blocks, float* weights) {
  for (int64_t i = 0; i < num_blocks; ++i, blocks += 34, weights += kBlock) {
    const float d = load_half(blocks);
    for (int j = 0; j < kBlock; ++j) weights[j] = d * static_cast<float>(static_cast<int8_t>(blocks[2 + j]));
  }
}

constexpr GgmlType kReadable[] = {{kGgmlF32, "F32", 1, 4, convert_f32},
                                  {kGgmlF16, "F16", 1, 2, convert_f16},
                                  {kGgmlBF16, "BF16", 1, 2, convert_bf16},
                                  {kGgmlQ8_0, "Q8_0", kBlock, 34, dequantize_q8_0},
                                  {2, "Q4_0", kBlock, 18, dequantize_q4_0},
                                  {3, "Q4_1", kBlock, 20, dequantize_q4_1},
                                  {6, "Q5_0", kBlock, 22, dequantize_q5_0},
                                  {7, "Q5_1", kBlock, 24, dequantize_q5_1},
                                  {10, "Q2_K", kGgmlSuperBlock, 84, dequantize_q2_k},
                                  {11, "Q3_K", kGgmlSuperBlock, 110, dequantize_q3_k},
                                  {12, "Q4_K", kGgmlSuperBlock, 144, dequantize_q4_k},
                                  {13, "Q5_K", kGgmlSuperBlock, 176, dequantize_q5_k},
                                  {14, "Q6_K", kGgmlSuperBlock, 210, dequantize_q6_k},
                                  {20, "IQ4_NL", kBlock, 18, dequantize_iq4_nl},
                                  {23, "IQ4_XS", kGgmlSuperBlock, 136, dequantize_iq4_xs}};

// Ids 4, 5 and 31 to 33, 36 to 38 were given up by GGML.
constexpr std::array<const char*, 42> kNames = {
    "F32",   "F16",    "Q4_0",  "Q4_1",  nullptr, nullptr,   "Q5_0",   "Q5_1",    "Q8_0",  "Q8_1",   "Q2_K",
    "Q3_K",  "Q4_K",   "Q5_K",  "Q6_K",  "Q8_K",  "IQ2_XXS", "IQ2_XS", "IQ3_XXS", "IQ1_S", "IQ4_NL", "IQ3_S",
    "IQ2_S", "IQ4_XS", "I8",    "I16",   "I32",   "I64",     "F64",    "IQ1_M",   "BF16",  nullptr,  nullptr,
    nullptr, "TQ1_0",  "TQ2_0", nullptr, nullptr, nullptr,   "MXFP4",  "NVFP4",   "Q1_0"};

void store_half(float value, uint8_t* bytes) {
  const c10::Half half(value);
  std::memcpy(bytes, &half.x, sizeof half.x);
}

}  // namespace

const GgmlType* find_ggml_type(uint32_t id) {
  for (const GgmlType& type : kReadable)
    if (type.id == id) return &type;
  return nullptr;
}

std::string ggml_type_name(uint32_t id) {
  return id < kNames.size() && kNames[id] != nullptr ? kNames[id] : "type " + std::to_string(id);
}

std::string readable_ggml_types() {
  std::string names;
  for (const GgmlType& type : kReadable) names += (names.empty() ? "" : ", ") + std::string(type.name);
  return names;
}

void quantize_q8_0(const float* weights, int64_t num_blocks, uint8_t* blocks) {
  for (int64_t i = 0; i < num_blocks; ++i, weights += kBlock, blocks += 34) {
    float largest = 0;
    for (int j = 0; j < kBlock; ++j) largest = std::max(largest, std::abs(weights[j]));
    const float d = largest / 127, inverse = std::isnormal(d) ? 1 / d : 0;  // 1 / d stays finite
    store_half(d, blocks);
    for (int j = 0; j < kBlock; ++j)
      blocks[2 + j] = static_cast<uint8_t>(static_cast<int8_t>(std::round(weights[j] * inverse)));
  }
}

}  // namespace selfreward
