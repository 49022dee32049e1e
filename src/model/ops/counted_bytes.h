#pragma once
// How much LibTorch's allocator hands out on this thread:
//   const auto bytes = std::make_shared<CountedBytes>();
//   const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, bytes);
#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>

#include <algorithm>

namespace selfreward {

/// Bytes of the tensors and buffers that were made while it is in the thread's debug info, and their peak.
struct CountedBytes : c10::MemoryReportingInfoBase {
  void reportMemoryUsage(void*, int64_t bytes, size_t, size_t, c10::Device) override {
    now += bytes;
    peak = std::max(peak, now);
  }
  bool memoryProfilingEnabled() const override { return true; }
  int64_t now = 0, peak = 0;
};

}  // namespace selfreward
