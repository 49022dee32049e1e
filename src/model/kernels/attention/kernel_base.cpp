#include "model/kernels/attention/kernel.inl"
#include "model/kernels/cpu_features.h"

const selfreward::AttentionKernelSet selfreward::kAttentionKernelsBase =
    selfreward::kernel_set(selfreward::kBaseName);
