#include "model/kernels/product/kernel.inl"

const selfreward::ProductKernelSet selfreward::kProductKernelsAvx2{
    "Avx2", kFloat32Kernel, {kWidth, 1, true, multiply<Bf16>}};
