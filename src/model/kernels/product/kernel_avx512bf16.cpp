// Products of pairs of bfloat16 in AVX-512's own instruction (vdpbf16ps), for processors where it is fast.
#include "model/kernels/product/kernel.inl"

const selfreward::ProductKernelSet selfreward::kProductKernelsAvx512Bf16{
    "Avx512Bf16", kFloat32Kernel, {kWidth, 1, false, multiply<Bf16Pair>}};
