#pragma once
// Which of our instruction sets this processor runs; kernels compiled for several choose by it.

namespace selfreward {

/// Each has all that the ones before it have. AVX2 (x86-64-v3) is taken for granted.
enum class CpuLevel { avx2, avx512, avx512_bf16, amx };

/// What processor and system offer, but no more than ONEDNN_MAX_CPU_ISA allows: LibTorch's products obey that
/// variable, so that one setting shows how the whole program does on a lesser processor.
CpuLevel cpu_level();

/// Whether bfloat16 products of the processor beat float32 ones of the same numbers. AVX-512's do on AMD
/// (twice the rate by its optimisation guide), and do not on Intel, where oneDNN's reach half the rate of
/// float32 (measured on a Xeon without AMX).
bool has_fast_bfloat16();

}  // namespace selfreward
