// Kernels over all weights of a model, for the optimizer; part of kernels.inl.

template <typename T>
double sum_of_squares(const T* __restrict x, int64_t count) {
  constexpr int64_t kBlock = 4096;  // summed in float32, blocks in float64
  double total = 0;
  for (int64_t begin = 0; begin < count; begin += kBlock) {
    const int64_t end = smaller(count, begin + kBlock);
    float sum = 0;
    for (int64_t i = begin; i < end; ++i) sum += to_float(x[i]) * to_float(x[i]);
    total += static_cast<double>(sum);
  }
  return total;
}

/// A weight's bits are (high << 16) + low, so high is the weight rounded to bfloat16.
template <typename T>
void adamw(const AdamwRun<T>& t, int64_t begin, int64_t end) {
  const T* __restrict grad = t.grad;
  uint16_t* __restrict high = t.high;
  int16_t* __restrict low = t.low;
  float* __restrict exp_avg = t.exp_avg, * __restrict exp_avg_sq = t.exp_avg_sq;
  const float b1 = t.beta1, b2 = t.beta2, kept = t.kept, size = t.step_size, scale = t.grad_scale;
  const float root_scale = t.root_scale, epsilon = t.epsilon;
  for (int64_t i = begin; i < end; ++i) {
    const float g = to_float(grad[i]) * scale;
    const float m = exp_avg[i] + (g - exp_avg[i]) * (1.0f - b1);
    const float v = exp_avg_sq[i] * b2 + g * g * (1.0f - b2);
    const uint32_t bits = (static_cast<uint32_t>(high[i]) << 16) + static_cast<uint32_t>(low[i]);
    const float w =
        __builtin_bit_cast(float, bits) * kept - size * m / (__builtin_sqrtf(v) * root_scale + epsilon);
    const uint32_t after = __builtin_bit_cast(uint32_t, w);
    exp_avg[i] = m;
    exp_avg_sq[i] = v;
    high[i] = static_cast<uint16_t>((after + 0x8000u) >> 16);
    low[i] = static_cast<int16_t>(after);
  }
}
