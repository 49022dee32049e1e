#pragma once
// Which of our instruction sets this processor runs; kernels compiled for several choose by it.

namespace selfreward {

#ifdef __x86_64__
constexpr const char* kBaseName = "AVX2";
#else
constexpr const char* kBaseName = "NEON";
#endif

/// Each has all that the ones before it have. The base is taken for granted: AVX2 (x86-64-v3), on arm64 NEON.
enum class CpuLevel { base, avx512, avx512_bf16, amx };

/// What processor and system offer, but no more than ONEDNN_MAX_CPU_ISA allows: LibTorch's products obey that
/// variable, so that one setting shows how the whole program does on a lesser processor.
CpuLevel cpu_level();

/// Whether bfloat16 products of the processor beat float32 ones of the same numbers. AVX-512's do on AMD
/// (twice the rate by its optimisation guide), and do not on Intel, where oneDNN's reach half the rate of
/// float32 (measured on a Xeon without AMX).
bool has_fast_bfloat16();

/// An instruction set of the base that this processor lacks, or null.
const char* missing_instructions();

}  // namespace selfreward
