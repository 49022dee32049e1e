#include "model/attention_kernel.inl"

const selfreward::AttentionKernelSet selfreward::kAttentionKernelsAmx = selfreward::kernel_set("Amx");
