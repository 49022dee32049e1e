#include "model/kernels/cpu_features.h"

#ifdef __x86_64__
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#endif

namespace selfreward {
#ifdef __x86_64__
namespace {

/// Linux keeps the state of the tile registers only for processes that ask for it (arch_prctl).
bool allowed_amx() {
  constexpr int kRequestPermission = 0x1023, kTileData = 18;
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

CpuLevel offered() {
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  if (!avx512) return CpuLevel::base;
  if (!__builtin_cpu_supports("avx512bf16")) return CpuLevel::avx512;
  return __builtin_cpu_supports("amx-bf16") && allowed_amx() ? CpuLevel::amx : CpuLevel::avx512_bf16;
}

CpuLevel allowed() {
  const char* setting = std::getenv("ONEDNN_MAX_CPU_ISA");
  const std::string_view limit = setting ? setting : "";
  if (limit.starts_with("SSE") || limit == "AVX" || limit.starts_with("AVX2")) return CpuLevel::base;
  if (limit == "AVX512_CORE" || limit == "AVX512_CORE_VNNI") return CpuLevel::avx512;
  const bool bf16 = limit.starts_with("AVX") && limit.find("AMX") == std::string_view::npos;
  return bf16 ? CpuLevel::avx512_bf16 : CpuLevel::amx;
}

}  // namespace

CpuLevel cpu_level() {
  static const CpuLevel level = std::min(offered(), allowed());
  return level;
}

bool has_fast_bfloat16() {
  static const bool fast =
      cpu_level() == CpuLevel::amx || (cpu_level() == CpuLevel::avx512_bf16 && __builtin_cpu_is("amd"));
  return fast;
}

const char* missing_instructions() {
  if (!__builtin_cpu_supports("avx2")) return "AVX2";
  if (!__builtin_cpu_supports("fma")) return "FMA";
  return __builtin_cpu_supports("bmi2") ? nullptr : "BMI2";
}
#else
CpuLevel cpu_level() {
  return CpuLevel::base;
}

bool has_fast_bfloat16() {
  return false;
}

const char* missing_instructions() {
  return nullptr;
}
#endif

}  // namespace selfreward
