#include "model/attention_kernel.inl"

const selfreward::AttentionKernels selfreward::kAttentionKernelsAvx2 = selfreward::kKernels;
