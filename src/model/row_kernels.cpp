#include "model/row_kernels.h"

namespace selfreward {
namespace {

const RowKernelSet& kernel_set() {
  static const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                             __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  return avx512 ? kRowKernelsAvx512 : kRowKernelsAvx2;
}

}  // namespace

template <>
const RowKernels<float>& row_kernels<float>() {
  return kernel_set().f32;
}

template <>
const RowKernels<uint16_t>& row_kernels<uint16_t>() {
  return kernel_set().bf16;
}

}  // namespace selfreward
