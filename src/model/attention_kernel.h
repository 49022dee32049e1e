#pragma once
// CPU kernels of attention over token trees. One source (attention_kernel.inl) is compiled for AVX2 and for
// AVX-512; attention_kernels() picks by what the processor has. tree_attention.h is the interface for models.
#include <cstdint>

#include "model/token_tree.h"

namespace selfreward {

struct AttentionShape {
  int64_t num_heads, num_kv_heads, head_dim;
  float scale;  // of the scores, 1 / sqrt(head_dim)
};

/// Tensors of the forward pass, row-major. T is float or bfloat16 (as uint16_t).
template <typename T>
struct AttentionForward {
  const T* q;  // [tokens, num_heads, head_dim]
  const T* k;  // [keys, num_kv_heads, head_dim]
  const T* v;  // [keys, num_kv_heads, head_dim]
  T* out;      // [tokens, num_heads, head_dim]
  float* lse;  // [tokens, num_heads] log of the softmax's denominator
};

/// Tensors of the backward pass; gradients of keys and values are added up in float32.
template <typename T>
struct AttentionBackward {
  AttentionForward<T> forward;
  const T* grad_out;  // [tokens, num_heads, head_dim]
  float* grad_q;      // [tokens, num_heads, head_dim]
  float* grad_k;      // [keys, num_kv_heads, head_dim]
  float* grad_v;      // [keys, num_kv_heads, head_dim]
};

/// Each function does one span and one key/value head (all query heads that share it).
struct AttentionKernels {
  int64_t (*scratch_floats)(const AttentionShape&);
  void (*forward_f32)(const AttentionForward<float>&, const AttentionShape&, const QuerySpan&,
                      int64_t kv_head, float* scratch);
  void (*forward_bf16)(const AttentionForward<uint16_t>&, const AttentionShape&, const QuerySpan&,
                       int64_t kv_head, float* scratch);
  void (*backward_f32)(const AttentionBackward<float>&, const AttentionShape&, const QuerySpan&,
                       int64_t kv_head, float* scratch);
  void (*backward_bf16)(const AttentionBackward<uint16_t>&, const AttentionShape&, const QuerySpan&,
                        int64_t kv_head, float* scratch);
};

/// The fastest kernels that this processor runs.
const AttentionKernels& attention_kernels();

extern const AttentionKernels kAttentionKernelsAvx2;
extern const AttentionKernels kAttentionKernelsAvx512;

}  // namespace selfreward
