#include "model/attention_kernel.inl"

const selfreward::AttentionKernelSet selfreward::kAttentionKernelsAvx512 = selfreward::kernel_set("Avx512");
