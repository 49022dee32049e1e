#include "model/kernels/product/kernel.inl"
#include "model/kernels/cpu_features.h"

const selfreward::ProductKernelSet selfreward::kProductKernelsBase{
    selfreward::kBaseName, kFloat32Kernel, {kWidth, 1, true, multiply<Bf16>}};
