// env and config-schema: what this program runs on, and what can be set.
#include <unistd.h>

#include <cstdio>
#include <iostream>

#include "app/commands.h"
#include "base/error.h"
#include "base/version.h"
#include "model/kernels/cpu_features.h"
#include "model/ops/machine.h"

namespace selfreward {
namespace {

#ifdef __x86_64__
std::string cpu_features() {
  std::string features;
  const auto add = [&](bool has, const char* name) {
    if (has) features += std::string(features.empty() ? "" : " ") + name;
  };
  add(__builtin_cpu_supports("avx2"), "avx2");
  add(__builtin_cpu_supports("avx512f"), "avx512f");
  add(__builtin_cpu_supports("avx512bf16"), "avx512_bf16");
  return features;
}
#else
std::string cpu_features() {
  return "arm64";
}
#endif

/// The kernels that run on this processor.
const char* kernels() {
  switch (cpu_level()) {
    case CpuLevel::base:
      return kBaseName;
    case CpuLevel::avx512:
      return "AVX-512";
    case CpuLevel::avx512_bf16:
      return "AVX-512 with bfloat16 products";
    default:
      return "AVX-512 with AMX";
  }
}

void print_env() {
  const double gib =
      static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGE_SIZE)) / (1 << 30);
  std::printf("selfreward   %s (%s)\n", program_version(), program_commit());
  std::printf("libtorch     %s\n", torch_version().c_str());
  std::printf("compiler     %s, C++%ld\n", __VERSION__, __cplusplus / 100 % 100);
  std::printf("threads      %d of %ld processors (OMP_NUM_THREADS sets it)\n", torch_threads(),
              sysconf(_SC_NPROCESSORS_ONLN));
  std::printf("processor    %s\n", cpu_features().c_str());
  std::printf("kernels      %s\n", kernels());
  std::printf("memory       %.1f GiB\n", gib);
  const std::string& problem = cuda_problem();
  std::printf("cuda         %s\n", problem.empty() ? "yes" : ("no: " + problem).c_str());
}

}  // namespace

std::string version_text() {
  return str("selfreward ", program_version(), " (", program_commit(), "), LibTorch ", torch_version(),
             ", kernels ", kernels());
}

void add_env(Command app) {
  app.add_command("env", "versions, processor, memory and devices, for bug reports").callback(print_env);
}

void add_config_schema(Command app) {
  auto markdown = std::make_shared<bool>(false);
  Command command =
      app.add_command("config-schema", "every setting with its type, default and meaning, as a JSON schema");
  command.add_flag("--markdown", *markdown, "as the page docs/configuration.md");
  command.callback(
      [markdown] { std::cout << (*markdown ? config_reference() : config_schema()) << std::flush; });
}

}  // namespace selfreward
