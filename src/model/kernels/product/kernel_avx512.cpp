#include "model/kernels/product/kernel.inl"

const selfreward::ProductKernelSet selfreward::kProductKernelsAvx512{
    "Avx512", kFloat32Kernel, {kWidth, 1, true, multiply<Bf16>}};
