// For tests under ThreadSanitizer alone: LibTorch's libgomp is not instrumented, so that the sanitizer does not see that
// what stands before a parallel region happens before it, and the region before what follows. This GOMP_parallel, found
// before libgomp's, says so and calls libgomp's.
#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>

namespace {

/// The body that GCC makes of `#pragma omp parallel`, with its argument.
struct Region {
  void (*body)(void*);
  void* data;
};

void run_one_thread(void* argument) {
  __tsan_acquire(argument);
  const Region& region = *static_cast<Region*>(argument);
  region.body(region.data);
  __tsan_release(argument);
}

}  // namespace

extern "C" void GOMP_parallel(void (*body)(void*), void* data, unsigned threads, unsigned flags) {
  using Parallel = void (*)(void (*)(void*), void*, unsigned, unsigned);
  static const auto libgomp = reinterpret_cast<Parallel>(dlsym(RTLD_NEXT, "GOMP_parallel"));
  Region region{body, data};
  __tsan_release(&region);
  libgomp(run_one_thread, &region, threads, flags);
  __tsan_acquire(&region);
}
