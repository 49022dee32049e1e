#include "model/kernels/attention/kernel.inl"

const selfreward::AttentionKernelSet selfreward::kAttentionKernelsAvx512 = selfreward::kernel_set("Avx512");
