#pragma once
// Tensors as the row kernels see them.
#include <ATen/Parallel.h>
#include <torch/types.h>

#include "model/kernels/rows/kernels.h"

namespace selfreward {

/// Whether row_kernels() can take this tensor.
inline bool has_row_kernels(const torch::Tensor& x) {
  return x.device().is_cpu() && (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16);
}

template <typename Kernels>
using Element = typename std::decay_t<Kernels>::Element;

/// Calls launch(kernels) with the kernels of x's dtype; Element<decltype(kernels)> is its element.
template <typename Launch>
void with_row_kernels(const torch::Tensor& x, Launch launch) {
  if (x.scalar_type() == at::kFloat) {
    launch(row_kernels<float>());
  } else {
    launch(row_kernels<uint16_t>());
  }
}

/// The first element, or null for an undefined tensor.
template <typename T>
T* data_of(const torch::Tensor& tensor) {
  return tensor.defined() ? static_cast<T*>(tensor.data_ptr()) : nullptr;
}

inline float load(const float* at) {
  return *at;
}
inline float load(const uint16_t* at) {
  return at::BFloat16(*at, at::BFloat16::from_bits());
}
inline void store(float value, float* at) {
  *at = value;
}
inline void store(float value, uint16_t* at) {
  *at = at::BFloat16(value).x;
}

/// Calls task(begin, end) for pieces of `rows` rows of `width` elements, on all threads when it pays.
template <typename Task>
void for_each_row_piece(int64_t rows, int64_t width, const Task& task) {
  constexpr int64_t kPieceElements = 1 << 15;
  at::parallel_for(0, rows, std::max<int64_t>(1, kPieceElements / width), task);
}

}  // namespace selfreward
