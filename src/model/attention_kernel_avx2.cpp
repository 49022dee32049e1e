#include "model/attention_kernel.inl"

const selfreward::AttentionKernelSet selfreward::kAttentionKernelsAvx2 = selfreward::kernel_set("Avx2");
