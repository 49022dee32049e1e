#include "model/gguf/k_quants.h"

namespace selfreward {
namespace {

constexpr int8_t kLevels[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

struct ScaleAndMin {
  float scale, min;
};

/// Six bits each for 8 groups in 12 bytes: groups 4 to 7 have their upper two bits beside groups 0 to 3.
ScaleAndMin unpack_scale(const uint8_t* packed, int64_t group) {
  const uint8_t* s = packed + group;
  if (group < 4) return {static_cast<float>(s[0] & 63), static_cast<float>(s[4] & 63)};
  return {static_cast<float>((s[4] & 15) | (s[-4] >> 2 & 48)),
          static_cast<float>((s[4] >> 4) | (s[0] >> 2 & 48))};
}

/// Six bits for 16 groups in 12 bytes: the lower four in the first 8, the upper two in the last 4.
int unpack_q3_scale(const uint8_t* packed, int64_t group) {
  const int low = packed[group % 8] >> (4 * (group / 8)) & 15;
  const int high = packed[8 + group % 4] >> (2 * (group / 4)) & 3;
  return (low | high << 4) - 32;
}

}  // namespace

void dequantize_q2_k(const uint8_t* blocks, int64_t num_blocks, float* weights) {
  for (int64_t i = 0; i < num_blocks; ++i, blocks += 84) {  // scales[16], q[64], half d, half m
    const float d = load_half(blocks + 80), m = load_half(blocks + 82);
    for (int64_t group = 0; group < 16; ++group, weights += 16) {
      const float scale = d * static_cast<float>(blocks[group] & 15);
      const float min = m * static_cast<float>(blocks[group] >> 4);
      const uint8_t* q = blocks + 16 + 32 * (group / 8) + 16 * (group % 2);
      const int64_t shift = 2 * (group / 2 % 4);
      for (int j = 0; j < 16; ++j) weights[j] = scale * static_cast<float>(q[j] >> shift & 3) - min;
    }
  }
}

void dequantize_q3_k(const uint8_t* blocks, int64_t num_blocks, float* weights) {
  for (int64_t i = 0; i < num_blocks; ++i, blocks += 110) {  // mask[32], q[64], scales[12], half d
    const float d = load_half(blocks + 108);
    for (int64_t group = 0; group < 16; ++group, weights += 16) {
      const float scale = d * static_cast<float>(unpack_q3_scale(blocks + 96, group));
      const uint8_t* mask = blocks + 16 * (group % 2);
      const uint8_t* q = blocks + 32 + 32 * (group / 8) + 16 * (group % 2);
      const int64_t shift = 2 * (group / 2 % 4), bit = group / 2;
      for (int j = 0; j < 16; ++j) {
        const int value = (q[j] >> shift & 3) - 4 + 4 * (mask[j] >> bit & 1);
        weights[j] = scale * static_cast<float>(value);
      }
    }
  }
}

void dequantize_q4_k(const uint8_t* blocks, int64_t num_blocks, float* weights) {
  for (int64_t i = 0; i < num_blocks; ++i, blocks += 144) {  // half d, half m, scales[12], q[128]
    const float d = load_half(blocks), m = load_half(blocks + 2);
    for (int64_t group = 0; group < 8; ++group, weights += 32) {
      const ScaleAndMin packed = unpack_scale(blocks + 4, group);
      const float scale = d * packed.scale, min = m * packed.min;
      const uint8_t* q = blocks + 16 + 32 * (group / 2);
      const int64_t shift = 4 * (group % 2);
      for (int j = 0; j < 32; ++j) weights[j] = scale * static_cast<float>(q[j] >> shift & 15) - min;
    }
  }
}

void dequantize_q5_k(const uint8_t* blocks, int64_t num_blocks, float* weights) {
  for (int64_t i = 0; i < num_blocks; ++i, blocks += 176) {  // half d, half m, scales[12], mask[32], q[128]
    const float d = load_half(blocks), m = load_half(blocks + 2);
    for (int64_t group = 0; group < 8; ++group, weights += 32) {
      const ScaleAndMin packed = unpack_scale(blocks + 4, group);
      const float scale = d * packed.scale, min = m * packed.min;
      const uint8_t *mask = blocks + 16, *q = blocks + 48 + 32 * (group / 2);
      const int64_t shift = 4 * (group % 2);
      for (int j = 0; j < 32; ++j) {
        const int value = (q[j] >> shift & 15) | (mask[j] >> group & 1) << 4;
        weights[j] = scale * static_cast<float>(value) - min;
      }
    }
  }
}

void dequantize_q6_k(const uint8_t* blocks, int64_t num_blocks, float* weights) {
  for (int64_t i = 0; i < num_blocks; ++i, blocks += 210) {  // low[128], high[64], int8 scales[16], half d
    const float d = load_half(blocks + 208);
    for (int64_t group = 0; group < 16; ++group, weights += 16) {
      const float scale = d * static_cast<float>(static_cast<int8_t>(blocks[192 + group]));
      const int64_t half = group / 8, at = 16 * (group % 8);
      const uint8_t* low = blocks + 64 * half + at % 64;
      const uint8_t* high = blocks + 128 + 32 * half + at % 32;
      const int64_t low_shift = 4 * (at / 64), high_shift = 2 * (at / 32);
      for (int j = 0; j < 16; ++j) {
        const int value = (low[j] >> low_shift & 15) | (high[j] >> high_shift & 3) << 4;
        weights[j] = scale * static_cast<float>(value - 32);
      }
    }
  }
}

void dequantize_iq4_nl(const uint8_t* blocks, int64_t num_blocks, float* weights) {
  for (int64_t i = 0; i < num_blocks; ++i, blocks += 18, weights += 32) {  // half d, q[16]
    const float d = load_half(blocks);
    for (int j = 0; j < 16; ++j) {
      weights[j] = d * static_cast<float>(kLevels[blocks[2 + j] & 15]);
      weights[j + 16] = d * static_cast<float>(kLevels[blocks[2 + j] >> 4]);
    }
  }
}

void dequantize_iq4_xs(const uint8_t* blocks, int64_t num_blocks, float* weights) {
  for (int64_t i = 0; i < num_blocks; ++i, blocks += 136) {  // half d, uint16 high, low[4], q[128]
    const float d = load_half(blocks);
    const int high = blocks[2] | blocks[3] << 8;
    for (int64_t group = 0; group < 8; ++group, weights += 32) {
      const int low = blocks[4 + group / 2] >> (4 * (group % 2)) & 15;
      const float scale = d * static_cast<float>((low | (high >> (2 * group) & 3) << 4) - 32);
      const uint8_t* q = blocks + 8 + 16 * group;
      for (int j = 0; j < 16; ++j) {
        weights[j] = scale * static_cast<float>(kLevels[q[j] & 15]);
        weights[j + 16] = scale * static_cast<float>(kLevels[q[j] >> 4]);
      }
    }
  }
}

}  // namespace selfreward
