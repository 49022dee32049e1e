#include "model/row_kernels.inl"

const selfreward::RowKernelSet selfreward::kRowKernelsAvx2 = selfreward::kKernels;
