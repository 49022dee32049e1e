#include "model/kernels/cpu_features.h"
#include "model/kernels/product/kernel.inl"

const selfreward::ProductKernelSet selfreward::kProductKernelsBase{
    selfreward::kBaseName, kFloat32Kernel, {kWidth, 1, true, multiply<Bf16>}};
