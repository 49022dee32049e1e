// Kernels over rows of logits; part of row_kernels.inl.

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
template <typename T>
void running_sum_exponentials(const T* rows, int64_t count, int64_t stride, int64_t width,
                              float* __restrict maximum, float* __restrict total) {
  constexpr int64_t kBlock = 64, kStrip = 512;
  float sum[kStrip], highest[kStrip];
  for (int64_t row = 0; row < count; row += kBlock)
    for (int64_t left = 0; left < width; left += kStrip) {
      const int64_t columns = smaller(kStrip, width - left), end = smaller(count, row + kBlock);
      for (int64_t c = 0; c < columns; ++c) highest[c] = maximum[left + c], sum[c] = 0;
      for (int64_t r = row; r < end; ++r) {
        const T* __restrict x = rows + r * stride + left;
        for (int64_t c = 0; c < columns; ++c)
          highest[c] = to_float(x[c]) > highest[c] ? to_float(x[c]) : highest[c];
      }
      for (int64_t r = row; r < end; ++r) {
        const T* __restrict x = rows + r * stride + left;
        for (int64_t c = 0; c < columns; ++c) sum[c] += exponential(to_float(x[c]) - highest[c]);
      }
      for (int64_t c = 0; c < columns; ++c) {
        const float fall = maximum[left + c] - highest[c];  // huge at the start
        total[left + c] = total[left + c] * exponential(fall < -87.0f ? -87.0f : fall) + sum[c];
        maximum[left + c] = highest[c];
      }
    }
}

template <typename T>
void scaled_exponentials(T* rows, int64_t count, int64_t width, const float* __restrict shift,
                         const float* __restrict factor) {
  for (int64_t r = 0; r < count; ++r) {
    T* __restrict x = rows + r * width;
    fetch(x + width, width);
    for (int64_t c = 0; c < width; ++c) x[c] = to<T>(factor[c] * exponential(to_float(x[c]) - shift[c]));
  }
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
