#pragma once
// The tensor types of GGML that are read, and Q8_0, the one block type that is written.
// Layouts: ggml-common.h of ggml-org/llama.cpp (block_q4_K, block_iq4_xs, ...).
#include <cstdint>
#include <string>

namespace selfreward {

/// One tensor type of GGML: `weights` elements take `bytes` bytes, and `read` makes float32 of whole blocks.
struct GgmlType {
  uint32_t id;
  const char* name;
  int64_t weights;
  int64_t bytes;
  void (*read)(const uint8_t* blocks, int64_t num_blocks, float* weights);
};

constexpr uint32_t kGgmlF32 = 0, kGgmlF16 = 1, kGgmlQ8_0 = 8, kGgmlBF16 = 30;

/// The type with this id, or nullptr where it is not read.
const GgmlType* find_ggml_type(uint32_t id);
/// What GGML calls the type, read or not: "Q6_K", "type 99".
std::string ggml_type_name(uint32_t id);
/// The names of all types that are read: "F32, F16, ...".
std::string readable_ggml_types();

/// weights [num_blocks * 32] -> blocks of {half d; int8 q[32]}, d = largest magnitude / 127, q to the
/// nearest, halves away from zero; as quantize_row_q8_0_ref of ggml.
void quantize_q8_0(const float* weights, int64_t num_blocks, uint8_t* blocks);

}  // namespace selfreward
