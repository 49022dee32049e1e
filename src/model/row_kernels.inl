// Plain loops that the compiler turns into vectors: compiled with -O3 -ffast-math. A row of a layer fits the
// first-level cache and a row of logits the second, so that a second look at a row costs no memory traffic.
// No standard templates here, so that no code for one instruction set is shared with another.
#include "model/row_kernels.h"

namespace selfreward {
namespace {

inline int64_t smaller(int64_t a, int64_t b) {
  return a < b ? a : b;
}
inline float to_float(float x) {
  return x;
}
inline float to_float(uint16_t x) {
  return __builtin_bit_cast(float, static_cast<uint32_t>(x) << 16);
}
template <typename T>
inline T to(float x);
template <>
inline float to<float>(float x) {
  return x;
}
template <>
inline uint16_t to<uint16_t>(float x) {  // round to nearest, ties to even
  const uint32_t bits = __builtin_bit_cast(uint32_t, x);
  return static_cast<uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}
template <typename T>
inline float rounded(float x) {
  return to_float(to<T>(x));
}

/// Asks for a row that is needed next; the arithmetic on this one hides the way from memory, which the
/// processor's own guess, page by page, does not (measured: scaled_exponentials 42 -> 19 ms per 126 MB).
template <typename T>
inline void fetch(const T* row, int64_t count) {
  constexpr int64_t kLine = 64 / sizeof(T);
  for (int64_t i = 0; i < count; i += kLine) __builtin_prefetch(row + i, /*write=*/0, /*locality=*/2);
}

/// exp(x) to 3e-7: 2^n times a polynomial of degree 5 for the fraction in [-1/2, 1/2], fitted to the least
/// relative error. Below -88 it is 0; x must be below 88 and not infinite; NaN stays NaN.
inline float exponential(float x) {
  const float n = __builtin_rintf(x * 1.44269504f);
  const float f = x * 1.44269504f - n;
  float power = 1.32764641e-3f;
  power = power * f + 9.67554127e-3f;
  power = power * f + 5.5507133e-2f;
  power = power * f + 2.40221197e-1f;
  power = power * f + 6.93146967e-1f;
  power = power * f + 1.0f;
  const int32_t exponent = static_cast<int32_t>(n) + 127;
  return power * __builtin_bit_cast(float, (exponent < 0 ? 0 : exponent) << 23);
}
inline float sigmoid(float x) {
  const float opposite = -x < 87.0f ? -x : 87.0f;
  return 1.0f / (1.0f + exponential(opposite));
}

template <typename T>
void add(const T* __restrict a, const T* __restrict b, T* __restrict sum, int64_t count) {
  for (int64_t i = 0; i < count; ++i) sum[i] = to<T>(to_float(a[i]) + to_float(b[i]));
}

template <typename T>
float mean_square(const T* __restrict x, int64_t count) {
  float sum = 0;
  for (int64_t i = 0; i < count; ++i) sum += to_float(x[i]) * to_float(x[i]);
  return sum / static_cast<float>(count);
}

template <typename T>
void rms_norm(const RmsNormForward<T>& t, int64_t begin, int64_t end) {
  const float* __restrict weight = t.weight;
  for (int64_t row = begin; row < end; ++row) {
    const int64_t at = row * t.hidden;
    fetch(t.x + at + t.hidden, t.hidden);
    if (t.delta) fetch(t.delta + at + t.hidden, t.hidden);
    if (t.delta) add(t.x + at, t.delta + at, t.sum + at, t.hidden);
    const T* __restrict x = (t.delta ? t.sum : t.x) + at;
    T* __restrict out = t.out + at;
    const float scale = 1.0f / __builtin_sqrtf(mean_square(x, t.hidden) + t.eps);
    t.scale[row] = scale;
    for (int64_t i = 0; i < t.hidden; ++i)
      out[i] = to<T>(rounded<T>(to_float(x[i]) * scale) * rounded<T>(weight[i]));
  }
}

/// With n = x * scale and g = grad_out * weight: grad_x = scale * (g - n * mean(g * n)).
template <typename T>
void rms_norm_backward(const RmsNormBackward<T>& t, int64_t begin, int64_t end,
                       float* __restrict grad_weight) {
  const float* __restrict weight = t.weight;
  for (int64_t row = begin; row < end; ++row) {
    const int64_t at = row * t.hidden;
    const T* __restrict x = t.x + at;
    const T* __restrict grad = t.grad_out + at;
    T* __restrict grad_x = t.grad_x + at;
    fetch(x + t.hidden, t.hidden);
    fetch(grad + t.hidden, t.hidden);
    if (t.grad_sum) fetch(t.grad_sum + at + t.hidden, t.hidden);
    const float scale = t.scale[row];
    float dot = 0;
    for (int64_t i = 0; i < t.hidden; ++i) {
      const float part = to_float(grad[i]) * rounded<T>(to_float(x[i]) * scale);
      grad_weight[i] += part;
      dot += part * rounded<T>(weight[i]);
    }
    const float slope = scale * scale * dot / static_cast<float>(t.hidden);
    if (t.grad_sum) {
      const T* __restrict grad_sum = t.grad_sum + at;
      for (int64_t i = 0; i < t.hidden; ++i)
        grad_x[i] = to<T>(scale * to_float(grad[i]) * rounded<T>(weight[i]) - slope * to_float(x[i]) +
                          to_float(grad_sum[i]));
    } else {
      for (int64_t i = 0; i < t.hidden; ++i)
        grad_x[i] = to<T>(scale * to_float(grad[i]) * rounded<T>(weight[i]) - slope * to_float(x[i]));
    }
  }
}

template <typename T>
void swiglu(const T* gate_up, T* out, int64_t width, int64_t begin, int64_t end) {
  for (int64_t row = begin; row < end; ++row) {
    const T* __restrict gate = gate_up + 2 * row * width;
    const T* __restrict up = gate + width;
    T* __restrict o = out + row * width;
    for (int64_t i = 0; i < width; ++i) {
      const float g = to_float(gate[i]);
      o[i] = to<T>(rounded<T>(g * sigmoid(g)) * to_float(up[i]));
    }
  }
}

/// d silu(g) / d g = s * (1 + g * (1 - s)) with s = 1 / (1 + exp(-g)).
template <typename T>
void swiglu_backward(const T* gate_up, const T* grad_out, T* grad_gate_up, int64_t width, int64_t begin,
                     int64_t end) {
  for (int64_t row = begin; row < end; ++row) {
    const T* __restrict gate = gate_up + 2 * row * width;
    const T* __restrict up = gate + width;
    const T* __restrict grad = grad_out + row * width;
    T* __restrict grad_gate = grad_gate_up + 2 * row * width;
    T* __restrict grad_up = grad_gate + width;
    for (int64_t i = 0; i < width; ++i) {
      const float g = to_float(gate[i]), d = to_float(grad[i]);
      const float s = sigmoid(g);
      grad_gate[i] = to<T>(d * to_float(up[i]) * s * (1.0f + g * (1.0f - s)));
      grad_up[i] = to<T>(d * rounded<T>(g * s));
    }
  }
}

/// Turns the pairs (from[i], from[i + half]) of each head by the angle of i; sign -1 turns back.
template <typename T>
void rotate_heads(const T* __restrict from, T* __restrict to_row, const float* __restrict cos,
                  const float* __restrict sin, float sign, int64_t heads, int64_t half) {
  for (int64_t head = 0; head < heads; ++head, from += 2 * half, to_row += 2 * half)
    for (int64_t i = 0; i < half; ++i) {
      const float a = to_float(from[i]), b = to_float(from[half + i]);
      to_row[i] = to<T>(a * cos[i] - sign * b * sin[i]);
      to_row[half + i] = to<T>(b * cos[i] + sign * a * sin[i]);
    }
}

template <typename T>
void split_rotate(const RotaryRows<T>& t, int64_t begin, int64_t end) {
  const int64_t half = t.head_dim / 2, q_size = t.num_heads * t.head_dim,
                kv_size = t.num_kv_heads * t.head_dim;
  for (int64_t row = begin; row < end; ++row) {
    const T* from = t.qkv + row * (q_size + 2 * kv_size);
    fetch(from + q_size + 2 * kv_size, q_size + 2 * kv_size);
    const float *cos = t.cos + row * half, *sin = t.sin + row * half;
    rotate_heads(from, t.q + row * q_size, cos, sin, 1.0f, t.num_heads, half);
    rotate_heads(from + q_size, t.k + row * kv_size, cos, sin, 1.0f, t.num_kv_heads, half);
    __builtin_memcpy(t.v + row * kv_size, from + q_size + kv_size,
                     static_cast<uint64_t>(kv_size) * sizeof(T));
  }
}

template <typename T>
void join_rotate_back(const RotaryRows<T>& t, int64_t begin, int64_t end) {
  const int64_t half = t.head_dim / 2, q_size = t.num_heads * t.head_dim,
                kv_size = t.num_kv_heads * t.head_dim;
  for (int64_t row = begin; row < end; ++row) {
    T* out = t.qkv + row * (q_size + 2 * kv_size);
    fetch(t.q + (row + 1) * q_size, q_size);
    const float *cos = t.cos + row * half, *sin = t.sin + row * half;
    rotate_heads(t.q + row * q_size, out, cos, sin, -1.0f, t.num_heads, half);
    rotate_heads(t.k + row * kv_size, out + q_size, cos, sin, -1.0f, t.num_kv_heads, half);
    __builtin_memcpy(out + q_size + kv_size, t.v + row * kv_size, static_cast<uint64_t>(kv_size) * sizeof(T));
  }
}

#include "model/transpose_kernels.inl"
#include "model/vocab_kernels.inl"
#include "model/weight_kernels.inl"

template <typename T>
constexpr RowKernels<T> kernels_of() {
  return {rms_norm<T>,
          rms_norm_backward<T>,
          swiglu<T>,
          swiglu_backward<T>,
          split_rotate<T>,
          join_rotate_back<T>,
          maximum<T>,
          sum_exponentials<T>,
          find_at_least<T>,
          running_sum_exponentials<T>,
          scaled_exponentials<T>,
          add_to<T>,
          transpose<T>,
          sum_of_squares<T>,
          adamw<T>};
}
constexpr RowKernelSet kKernels{kernels_of<float>(), kernels_of<uint16_t>()};

}  // namespace
}  // namespace selfreward
