#pragma once
// CPU kernels for everything of a transformer that goes row by row: memory is read once, nothing is kept
// beside the result. One source (kernels.inl) is compiled for AVX2 and for AVX-512, on arm64 for NEON;
// row_kernels() picks by what the processor has. model/ops/ (fused_ops.h, log_probs.h) and infer/sampler.h are the interfaces for
// others.
// Pointers are row-major and contiguous; T is float or bfloat16 (as uint16_t); sums are float32.
#include <cstdint>

namespace selfreward {

template <typename T>
struct RmsNormForward {
  const T* x;           // [rows, hidden]
  const T* delta;       // [rows, hidden] or null
  const float* weight;  // [hidden]
  T* sum;               // [rows, hidden] x + delta; null without delta
  T* out;               // [rows, hidden]
  float* scale;         // [rows] 1 / rms of x (or of sum)
  int64_t hidden;
  float eps;
  bool rounds_first;  // the quotient to T, before the product with the weight
};

template <typename T>
struct RmsNormBackward {
  const T* x;           // [rows, hidden] what was normed
  const float* weight;  // [hidden]
  const float* scale;   // [rows]
  const T* grad_out;    // [rows, hidden]
  const T* grad_sum;    // [rows, hidden] or null: added to grad_x
  T* grad_x;            // [rows, hidden]
  int64_t hidden;
  bool rounds_first;
};

/// Query, key and value rows, side by side in qkv and each alone.
template <typename T>
struct RotaryRows {
  T* qkv;                  // [rows, (num_heads + 2 * num_kv_heads) * head_dim]
  T *q, *k, *v;            // [rows, heads, head_dim]
  const float *cos, *sin;  // [rows, rotary_dim / 2]
  int64_t num_heads, num_kv_heads, head_dim, rotary_dim;
};

/// What an AdamW step reads and writes; the weights are split (train/adamw.h).
template <typename T>
struct AdamwRun {
  const T* grad;
  uint16_t* high;
  int16_t* low;
  float *exp_avg, *exp_avg_sq;
  float grad_scale, beta1, beta2;
  float kept;        // 1 - learning rate * weight decay
  float step_size;   // learning rate / (1 - beta1^step)
  float root_scale;  // 1 / sqrt(1 - beta2^step)
  float epsilon;
};

struct RowMaximum {
  float value;
  bool has_nan;
};

/// Functions over rows [begin, end), and over single rows of logits.
template <typename T>
struct RowKernels {
  using Element = T;
  void (*rms_norm)(const RmsNormForward<T>&, int64_t begin, int64_t end);
  /// Adds these rows' part of the weight's gradient to grad_weight [hidden].
  void (*rms_norm_backward)(const RmsNormBackward<T>&, int64_t begin, int64_t end, float* grad_weight);
  /// gate_up [rows, 2 * width] -> out [rows, width].
  void (*swiglu)(const T* gate_up, T* out, int64_t width, int64_t begin, int64_t end);
  void (*swiglu_backward)(const T* gate_up, const T* grad_out, T* grad_gate_up, int64_t width, int64_t begin,
                          int64_t end);
  void (*geglu)(const T* gate_up, T* out, int64_t width, int64_t begin, int64_t end);
  void (*geglu_backward)(const T* gate_up, const T* grad_out, T* grad_gate_up, int64_t width, int64_t begin,
                         int64_t end);
  void (*split_rotate)(const RotaryRows<T>&, int64_t begin, int64_t end);
  /// Turns q and k back, into qkv.
  void (*join_rotate_back)(const RotaryRows<T>&, int64_t begin, int64_t end);

  RowMaximum (*maximum)(const T* row, int64_t count);
  /// Sum of exp((row[i] - maximum) * scale).
  double (*sum_exponentials)(const T* row, int64_t count, float maximum, float scale);
  /// Indices with row[i] >= least, in order, into `indices` [count]; returns how many.
  int64_t (*find_at_least)(const T* row, int64_t count, float least, int32_t* indices);

  /// x = cap * tanh(x / cap).
  void (*softcap)(T* x, int64_t count, float cap);
  /// Columns of rows [count, width]: brings maximum [width] and total [width] = sum of exp(x - maximum) up to
  /// date with these rows. They start as the smallest float and 0. With a cap > 0, of cap * tanh(x / cap).
  void (*running_sum_exponentials)(const T* rows, int64_t count, int64_t stride, int64_t width, float cap,
                                   float* maximum, float* total);
  /// x = factor[column] * exp(x - shift[column]) in rows [count, width]; with a cap > 0, that of
  /// c = cap * tanh(x / cap), times dc / dx.
  void (*scaled_exponentials)(T* rows, int64_t count, int64_t width, float cap, const float* shift,
                              const float* factor);
  /// sum += from, elementwise.
  void (*add_to)(const T* from, float* sum, int64_t count);
  /// to[c * to_stride + r] = from[r * from_stride + c].
  void (*transpose)(const T* from, int64_t from_stride, T* to, int64_t to_stride, int64_t rows,
                    int64_t columns);

  double (*sum_of_squares)(const T* x, int64_t count);
  /// One AdamW step of weights [begin, end) with gradients of type T.
  void (*adamw)(const AdamwRun<T>&, int64_t begin, int64_t end);
};

/// The fastest kernels that this processor runs.
template <typename T>
const RowKernels<T>& row_kernels();

struct RowKernelSet {
  RowKernels<float> f32;
  RowKernels<uint16_t> bf16;
};
extern const RowKernelSet kRowKernelsBase;
extern const RowKernelSet kRowKernelsAvx512;

}  // namespace selfreward
