#pragma once
// Blocks of 256 weights in groups with small scales of their own (K-quants), and the IQ4 types, whose four
// bits choose from a table of 16 levels. Products are rounded before they are added, as gguf-py's quants.py
// does.
#include <c10/util/Half.h>

#include <cstdint>

namespace selfreward {

constexpr int64_t kGgmlSuperBlock = 256;  // weights in a block of the K types and of IQ4_XS

/// IEEE half precision, little-endian.
inline float load_half(const uint8_t* bytes) {
  const auto bits = static_cast<uint16_t>(bytes[0] | bytes[1] << 8);
  return static_cast<float>(c10::Half(bits, c10::Half::from_bits()));
}

/// 16 groups of 16: d * scale * q - m * min, two bits each.
void dequantize_q2_k(const uint8_t* blocks, int64_t num_blocks, float* weights);
/// 16 groups of 16: d * scale * q, two bits and a mask of third bits.
void dequantize_q3_k(const uint8_t* blocks, int64_t num_blocks, float* weights);
/// 8 groups of 32: d * scale * q - m * min, four bits each.
void dequantize_q4_k(const uint8_t* blocks, int64_t num_blocks, float* weights);
/// As q4_k, with a mask of fifth bits.
void dequantize_q5_k(const uint8_t* blocks, int64_t num_blocks, float* weights);
/// 16 groups of 16: d * scale * q, four bits and two more.
void dequantize_q6_k(const uint8_t* blocks, int64_t num_blocks, float* weights);
/// 32 weights: d * level.
void dequantize_iq4_nl(const uint8_t* blocks, int64_t num_blocks, float* weights);
/// 8 groups of 32: d * scale * level.
void dequantize_iq4_xs(const uint8_t* blocks, int64_t num_blocks, float* weights);

}  // namespace selfreward
