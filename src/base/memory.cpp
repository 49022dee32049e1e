#include "base/memory.h"

#include <unistd.h>

#include <cstdlib>

namespace selfreward {

void keep_memory_in_large_pages(char** argv) {
  constexpr const char* kTunables =
      "glibc.malloc.hugetlb=1:glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=17179869184:"
      "glibc.malloc.top_pad=67108864";
  if (std::getenv("GLIBC_TUNABLES")) return;
  setenv("GLIBC_TUNABLES", kTunables, 1);
  execv("/proc/self/exe", argv);
}

}  // namespace selfreward
