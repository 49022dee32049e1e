#include "model/kernels/attention/kernel.inl"

const selfreward::AttentionKernelSet selfreward::kAttentionKernelsAvx2 = selfreward::kernel_set("Avx2");
