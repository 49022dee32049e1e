// Plain loops that the compiler turns into vectors: compiled with -O3 -ffast-math. A row of a layer fits the
// first-level cache and a row of logits the second, so that a second look at a row costs no memory traffic.
// No standard templates here, so that no code for one instruction set is shared with another.
#include "model/kernels/rows/kernels.h"

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

/// (2^f - 1) / f for f in [-1/2, 1/2]: a polynomial fitted to the least relative error of 2^f.
inline float power_slope(float f) {
  float slope = 1.32764641e-3f;
  slope = slope * f + 9.67554127e-3f;
  slope = slope * f + 5.5507133e-2f;
  slope = slope * f + 2.40221197e-1f;
  return slope * f + 6.93146967e-1f;
}
/// exp(x) to 3e-7: 2^n times 2^f. Below -88 it is 0; x must be below 88 and not infinite; NaN stays NaN.
inline float exponential(float x) {
  const float n = __builtin_rintf(x * 1.44269504f);
  const float f = x * 1.44269504f - n;
  const float power = power_slope(f) * f + 1.0f;
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

/// x, rounded to T where the norm rounds before it multiplies with the weight.
template <bool kRounds, typename T>
inline float quotient(float x) {
  return kRounds ? rounded<T>(x) : x;
}

template <bool kRounds, typename T>
void norm_rows(const RmsNormForward<T>& t, int64_t begin, int64_t end) {
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
      out[i] = to<T>(quotient<kRounds, T>(to_float(x[i]) * scale) * weight[i]);
  }
}
template <typename T>
void rms_norm(const RmsNormForward<T>& t, int64_t begin, int64_t end) {
  t.rounds_first ? norm_rows<true>(t, begin, end) : norm_rows<false>(t, begin, end);
}

/// With n = x * scale and g = grad_out * weight: grad_x = scale * (g - n * mean(g * n)).
template <bool kRounds, typename T>
void norm_rows_backward(const RmsNormBackward<T>& t, int64_t begin, int64_t end,
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
      const float part = to_float(grad[i]) * quotient<kRounds, T>(to_float(x[i]) * scale);
      grad_weight[i] += part;
      dot += part * weight[i];
    }
    const float slope = scale * scale * dot / static_cast<float>(t.hidden);
    if (t.grad_sum) {
      const T* __restrict grad_sum = t.grad_sum + at;
      for (int64_t i = 0; i < t.hidden; ++i)
        grad_x[i] =
            to<T>(scale * to_float(grad[i]) * weight[i] - slope * to_float(x[i]) + to_float(grad_sum[i]));
    } else {
      for (int64_t i = 0; i < t.hidden; ++i)
        grad_x[i] = to<T>(scale * to_float(grad[i]) * weight[i] - slope * to_float(x[i]));
    }
  }
}
template <typename T>
void rms_norm_backward(const RmsNormBackward<T>& t, int64_t begin, int64_t end, float* grad_weight) {
  t.rounds_first ? norm_rows_backward<true>(t, begin, end, grad_weight)
                 : norm_rows_backward<false>(t, begin, end, grad_weight);
}

#include "model/kernels/rows/gated.inl"

/// Turns the pairs (from[i], from[i + rotary_dim / 2]) of each head of row `row` by the angle of i; sign -1
/// turns back. What is behind the pairs passes.
template <typename T>
void rotate_heads(const RotaryRows<T>& t, const T* __restrict from, T* __restrict to_row, int64_t row,
                  float sign, int64_t heads) {
  const int64_t half = t.rotary_dim / 2;
  const float* __restrict cos = t.cos + row * half, * __restrict sin = t.sin + row * half;
  for (int64_t head = 0; head < heads; ++head, from += t.head_dim, to_row += t.head_dim) {
    for (int64_t i = 0; i < half; ++i) {
      const float a = to_float(from[i]), b = to_float(from[half + i]);
      to_row[i] = to<T>(a * cos[i] - sign * b * sin[i]);
      to_row[half + i] = to<T>(b * cos[i] + sign * a * sin[i]);
    }
    for (int64_t i = 2 * half; i < t.head_dim; ++i) to_row[i] = from[i];
  }
}

template <typename T>
void split_rotate(const RotaryRows<T>& t, int64_t begin, int64_t end) {
  const int64_t q_size = t.num_heads * t.head_dim, kv_size = t.num_kv_heads * t.head_dim;
  for (int64_t row = begin; row < end; ++row) {
    const T* from = t.qkv + row * (q_size + 2 * kv_size);
    fetch(from + q_size + 2 * kv_size, q_size + 2 * kv_size);
    rotate_heads<T>(t, from, t.q + row * q_size, row, 1.0f, t.num_heads);
    rotate_heads<T>(t, from + q_size, t.k + row * kv_size, row, 1.0f, t.num_kv_heads);
    __builtin_memcpy(t.v + row * kv_size, from + q_size + kv_size,
                     static_cast<uint64_t>(kv_size) * sizeof(T));
  }
}

template <typename T>
void join_rotate_back(const RotaryRows<T>& t, int64_t begin, int64_t end) {
  const int64_t q_size = t.num_heads * t.head_dim, kv_size = t.num_kv_heads * t.head_dim;
  for (int64_t row = begin; row < end; ++row) {
    T* out = t.qkv + row * (q_size + 2 * kv_size);
    fetch(t.q + (row + 1) * q_size, q_size);
    rotate_heads<T>(t, t.q + row * q_size, out, row, -1.0f, t.num_heads);
    rotate_heads<T>(t, t.k + row * kv_size, out + q_size, row, -1.0f, t.num_kv_heads);
    __builtin_memcpy(out + q_size + kv_size, t.v + row * kv_size, static_cast<uint64_t>(kv_size) * sizeof(T));
  }
}

#include "model/kernels/rows/transpose.inl"
#include "model/kernels/rows/vocab.inl"
#include "model/kernels/rows/weights.inl"

template <typename T>
constexpr RowKernels<T> kernels_of() {
  return {rms_norm<T>,
          rms_norm_backward<T>,
          swiglu<T>,
          swiglu_backward<T>,
          geglu<T>,
          geglu_backward<T>,
          split_rotate<T>,
          join_rotate_back<T>,
          maximum<T>,
          sum_exponentials<T>,
          find_at_least<T>,
          softcap<T>,
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
