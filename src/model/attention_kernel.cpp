#include "model/attention_kernel.h"

namespace selfreward {

const AttentionKernels& attention_kernels() {
  static const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                             __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  return avx512 ? kAttentionKernelsAvx512 : kAttentionKernelsAvx2;
}

}  // namespace selfreward
