#include "model/attention_kernel.inl"

const selfreward::AttentionKernels selfreward::kAttentionKernelsAvx512 = selfreward::kKernels;
