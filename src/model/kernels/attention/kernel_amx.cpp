#include "model/kernels/attention/kernel.inl"

const selfreward::AttentionKernelSet selfreward::kAttentionKernelsAmx = selfreward::kernel_set("Amx");
