// Kernels over rows of logits; part of kernels.inl.

/// Numbers compare wrongly with NaN under -ffast-math, their bits do not.
inline uint32_t magnitude(float x) {
  return __builtin_bit_cast(uint32_t, x) & 0x7fffffffu;
}

template <typename T>
RowMaximum maximum(const T* __restrict row, int64_t count) {
  float value = to_float(row[0]);
  uint32_t largest = 0;
  for (int64_t i = 0; i < count; ++i) {
    const float x = to_float(row[i]);
    value = x > value ? x : value;
    largest = magnitude(x) > largest ? magnitude(x) : largest;
  }
  return {value, largest > 0x7f800000u};
}

/// tanh(x), relative error below 1.5e-6: m / (m + 2) with m = e^(2 |x|) - 1, small m without a difference.
inline float hyperbolic_tangent(float x) {
  const float size = __builtin_fabsf(x);
  const float power = (size < 10.0f ? size : 10.0f) * 2.88539008f;  // 2 log2(e) |x|
  const float n = __builtin_rintf(power), f = power - n;
  const float scale = __builtin_bit_cast(float, (static_cast<int32_t>(n) + 127) << 23);
  const float part = power_slope(f) * f;  // 2^f - 1
  const float m = n > 0.5f ? scale * (part + 1.0f) - 1.0f : part;
  return __builtin_copysignf(m / (m + 2.0f), x);
}

/// cap * tanh(x / cap) of a logit, for kCapped; a number that is none stays so.
template <bool kCapped>
inline float capped(float x, float cap, float inverse) {
  if constexpr (!kCapped) return x;
  const float c = cap * hyperbolic_tangent(x * inverse);
  return magnitude(x) > 0x7f800000u ? x : c;
}

template <typename T>
void softcap(T* __restrict x, int64_t count, float cap) {
  const float inverse = 1.0f / cap;
  for (int64_t i = 0; i < count; ++i) x[i] = to<T>(capped<true>(to_float(x[i]), cap, inverse));
}

template <typename T>
double sum_exponentials(const T* __restrict row, int64_t count, float maximum, float scale) {
  constexpr int64_t kBlock = 4096;  // summed in float32, blocks in float64
  double total = 0;
  for (int64_t begin = 0; begin < count; begin += kBlock) {
    const int64_t end = smaller(count, begin + kBlock);
    float sum = 0;
    for (int64_t i = begin; i < end; ++i) {
      const float x = (to_float(row[i]) - maximum) * scale;
      sum += exponential(x < -87.0f ? -87.0f : x);  // logits may be minus infinity
    }
    total += static_cast<double>(sum);
  }
  return total;
}

/// Rows in blocks that stay in the second-level cache, columns in strips whose sums stay in the first.
template <bool kCapped, typename T>
void add_exponentials(const T* rows, int64_t count, int64_t stride, int64_t width, float cap,
                      float* __restrict maximum, float* __restrict total) {
  constexpr int64_t kBlock = 64, kStrip = 512;
  const float inverse = kCapped ? 1.0f / cap : 0.0f;
  float sum[kStrip], highest[kStrip];
  for (int64_t row = 0; row < count; row += kBlock)
    for (int64_t left = 0; left < width; left += kStrip) {
      const int64_t columns = smaller(kStrip, width - left), end = smaller(count, row + kBlock);
      for (int64_t c = 0; c < columns; ++c) highest[c] = -__FLT_MAX__, sum[c] = 0;
      for (int64_t r = row; r < end; ++r) {
        const T* __restrict x = rows + r * stride + left;
        for (int64_t c = 0; c < columns; ++c)
          highest[c] = to_float(x[c]) > highest[c] ? to_float(x[c]) : highest[c];
      }
      for (int64_t c = 0; c < columns; ++c) {
        const float here = capped<kCapped>(highest[c], cap, inverse);
        highest[c] = here > maximum[left + c] ? here : maximum[left + c];
      }
      for (int64_t r = row; r < end; ++r) {
        const T* __restrict x = rows + r * stride + left;
        for (int64_t c = 0; c < columns; ++c)
          sum[c] += exponential(capped<kCapped>(to_float(x[c]), cap, inverse) - highest[c]);
      }
      for (int64_t c = 0; c < columns; ++c) {
        const float fall = maximum[left + c] - highest[c];  // huge at the start
        total[left + c] = total[left + c] * exponential(fall < -87.0f ? -87.0f : fall) + sum[c];
        maximum[left + c] = highest[c];
      }
    }
}

template <typename T>
void running_sum_exponentials(const T* rows, int64_t count, int64_t stride, int64_t width, float cap,
                              float* maximum, float* total) {
  cap > 0 ? add_exponentials<true>(rows, count, stride, width, cap, maximum, total)
          : add_exponentials<false>(rows, count, stride, width, cap, maximum, total);
}

template <typename T>
void scale_exponentials(T* rows, int64_t count, int64_t width, const float* __restrict shift,
                        const float* __restrict factor) {
  for (int64_t r = 0; r < count; ++r) {
    T* __restrict x = rows + r * width;
    fetch(x + width, width);
    for (int64_t c = 0; c < width; ++c) x[c] = to<T>(factor[c] * exponential(to_float(x[c]) - shift[c]));
  }
}

/// d tanh(x) / dx = 1 - tanh(x)^2
template <typename T>
void scale_capped_exponentials(T* rows, int64_t count, int64_t width, float cap,
                               const float* __restrict shift, const float* __restrict factor) {
  const float inverse = 1.0f / cap;
  for (int64_t r = 0; r < count; ++r) {
    T* __restrict x = rows + r * width;
    fetch(x + width, width);
    for (int64_t c = 0; c < width; ++c) {
      const float t = hyperbolic_tangent(to_float(x[c]) * inverse);
      x[c] = to<T>(factor[c] * exponential(cap * t - shift[c]) * (1.0f - t * t));
    }
  }
}

template <typename T>
void scaled_exponentials(T* rows, int64_t count, int64_t width, float cap, const float* shift,
                         const float* factor) {
  cap > 0 ? scale_capped_exponentials(rows, count, width, cap, shift, factor)
          : scale_exponentials(rows, count, width, shift, factor);
}

template <typename T>
void add_to(const T* __restrict from, float* __restrict to_sum, int64_t count) {
  for (int64_t i = 0; i < count; ++i) to_sum[i] += to_float(from[i]);
}

template <typename T>
int64_t find_at_least(const T* __restrict row, int64_t count, float least, int32_t* __restrict indices) {
  constexpr int64_t kBlock = 64;  // most blocks hold nothing: one vector comparison and on
  int64_t found = 0;
  for (int64_t begin = 0; begin < count; begin += kBlock) {
    const int64_t end = smaller(count, begin + kBlock);
    float largest = to_float(row[begin]);
    for (int64_t i = begin; i < end; ++i) largest = to_float(row[i]) > largest ? to_float(row[i]) : largest;
    if (largest < least) continue;
    for (int64_t i = begin; i < end; ++i) {
      indices[found] = static_cast<int32_t>(i);
      found += to_float(row[i]) >= least;
    }
  }
  return found;
}
