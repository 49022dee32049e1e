#include "model/kernels/attention/kernel.inl"

const selfreward::AttentionKernelSet selfreward::kAttentionKernelsAvx512Bf16 =
    selfreward::kernel_set("Avx512Bf16");
