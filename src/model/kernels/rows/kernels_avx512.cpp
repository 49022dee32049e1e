#include "model/kernels/rows/kernels.inl"

const selfreward::RowKernelSet selfreward::kRowKernelsAvx512 = selfreward::kKernels;
