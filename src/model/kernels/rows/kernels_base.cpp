#include "model/kernels/rows/kernels.inl"

const selfreward::RowKernelSet selfreward::kRowKernelsBase = selfreward::kKernels;
