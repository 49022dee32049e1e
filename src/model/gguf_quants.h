#pragma once
// The GGML block formats that are read: 32 weights share one or two half-precision numbers.
// Layouts: ggml-common.h of ggml-org/llama.cpp (block_q4_0, block_q4_1, block_q8_0).
#include <cstdint>
#include <string>

namespace selfreward {

constexpr int64_t kGgmlBlock = 32;  // weights in a block of the types below

/// One tensor type of GGML: `weights` elements take `bytes` bytes.
struct GgmlType {
  uint32_t id;
  const char* name;
  int64_t weights;
  int64_t bytes;
};

constexpr GgmlType kGgmlF32 = {0, "F32", 1, 4};
constexpr GgmlType kGgmlF16 = {1, "F16", 1, 2};
constexpr GgmlType kGgmlQ4_0 = {2, "Q4_0", kGgmlBlock, 18};
constexpr GgmlType kGgmlQ4_1 = {3, "Q4_1", kGgmlBlock, 20};
constexpr GgmlType kGgmlQ8_0 = {8, "Q8_0", kGgmlBlock, 34};
constexpr GgmlType kGgmlBF16 = {30, "BF16", 1, 2};

/// The type with this id, or nullptr where it is not supported.
const GgmlType* find_ggml_type(uint32_t id);
/// What GGML calls the type, supported or not: "Q6_K", "type 99".
std::string ggml_type_name(uint32_t id);

/// {half d; uint8 q[16]}: weight j is d * (low nibble of q[j] - 8), weight 16 + j has the high nibble.
void dequantize_q4_0(const uint8_t* blocks, int64_t num_blocks, float* weights);
/// {half d; half m; uint8 q[16]}: d * nibble + m, nibbles as in q4_0.
void dequantize_q4_1(const uint8_t* blocks, int64_t num_blocks, float* weights);
/// {half d; int8 q[32]}: d * q[j].
void dequantize_q8_0(const uint8_t* blocks, int64_t num_blocks, float* weights);
/// IEEE half precision, little-endian.
void convert_f16(const uint8_t* values, int64_t count, float* weights);
/// The upper half of a float32, little-endian.
void convert_bf16(const uint8_t* values, int64_t count, float* weights);

}  // namespace selfreward
