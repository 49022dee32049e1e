#include "model/row_kernels.inl"

const selfreward::RowKernelSet selfreward::kRowKernelsAvx512 = selfreward::kKernels;
