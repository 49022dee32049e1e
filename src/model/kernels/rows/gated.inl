// Gated units, SwiGLU and GeGLU; part of kernels.inl.

/// A value of an activation and its derivative.
struct Activated {
  float value, slope;
};

/// d silu(g) / d g = s * (1 + g * (1 - s)) with s = 1 / (1 + exp(-g)).
struct Silu {
  static Activated at(float g) {
    const float s = sigmoid(g);
    return {g * s, s * (1.0f + g * (1.0f - s))};
  }
};

/// GELU with tanh: g * (1 + tanh(u)) / 2 = g * sigmoid(2 u) with 2 u = g * (a + b g^2), a = 2 sqrt(2 / pi)
/// and b = 0.044715 a.
struct GeluTanh {
  static Activated at(float g) {
    constexpr float a = 1.59576912f, b = 0.0713548163f;
    const float opposite = -g * (a + b * g * g);
    const float e = exponential(opposite < 87.0f ? opposite : 87.0f);
    const float s = 1.0f / (1.0f + e);  // so that 1 - s is e s
    // Finite in whichever order the compiler multiplies (Clang had infinite slopes at g = -10); behind it s is 0.
    const float bounded = e < 1e30f ? e : 1e30f;
    return {g * s, s * (1.0f + g * bounded * s * (a + 3.0f * b * g * g))};
  }
};

template <typename Activation, typename T>
void gated(const T* gate_up, T* out, int64_t width, int64_t begin, int64_t end) {
  for (int64_t row = begin; row < end; ++row) {
    const T* __restrict gate = gate_up + 2 * row * width;
    const T* __restrict up = gate + width;
    T* __restrict o = out + row * width;
    for (int64_t i = 0; i < width; ++i)
      o[i] = to<T>(rounded<T>(Activation::at(to_float(gate[i])).value) * to_float(up[i]));
  }
}

template <typename Activation, typename T>
void gated_backward(const T* gate_up, const T* grad_out, T* grad_gate_up, int64_t width, int64_t begin,
                    int64_t end) {
  for (int64_t row = begin; row < end; ++row) {
    const T* __restrict gate = gate_up + 2 * row * width;
    const T* __restrict up = gate + width;
    const T* __restrict grad = grad_out + row * width;
    T* __restrict grad_gate = grad_gate_up + 2 * row * width;
    T* __restrict grad_up = grad_gate + width;
    for (int64_t i = 0; i < width; ++i) {
      const Activated g = Activation::at(to_float(gate[i]));
      const float d = to_float(grad[i]);
      grad_gate[i] = to<T>(d * to_float(up[i]) * g.slope);
      grad_up[i] = to<T>(d * rounded<T>(g.value));
    }
  }
}

template <typename T>
void swiglu(const T* gate_up, T* out, int64_t width, int64_t begin, int64_t end) {
  gated<Silu>(gate_up, out, width, begin, end);
}
template <typename T>
void swiglu_backward(const T* gate_up, const T* grad_out, T* grad_gate_up, int64_t width, int64_t begin,
                     int64_t end) {
  gated_backward<Silu>(gate_up, grad_out, grad_gate_up, width, begin, end);
}
template <typename T>
void geglu(const T* gate_up, T* out, int64_t width, int64_t begin, int64_t end) {
  gated<GeluTanh>(gate_up, out, width, begin, end);
}
template <typename T>
void geglu_backward(const T* gate_up, const T* grad_out, T* grad_gate_up, int64_t width, int64_t begin,
                    int64_t end) {
  gated_backward<GeluTanh>(gate_up, grad_out, grad_gate_up, width, begin, end);
}
