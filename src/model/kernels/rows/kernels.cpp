#include "model/kernels/rows/kernels.h"

#include "model/kernels/cpu_features.h"

namespace selfreward {
namespace {

const RowKernelSet& kernel_set() {
#ifdef __x86_64__
  if (cpu_level() >= CpuLevel::avx512) return kRowKernelsAvx512;
#endif
  return kRowKernelsBase;
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
