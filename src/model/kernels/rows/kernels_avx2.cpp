#include "model/kernels/rows/kernels.inl"

const selfreward::RowKernelSet selfreward::kRowKernelsAvx2 = selfreward::kKernels;
