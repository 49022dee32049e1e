#pragma once
// Estimates beside what the device has, as text for a terminal.
#include "recipe/memory_estimate.h"

namespace selfreward {

/// Bytes of a GPU, or of this machine within the limit of the process's control group.
struct DeviceMemory {
  int64_t free = 0, total = 0;
};
DeviceMemory device_memory(torch::Device device);

/// A row for each stage in MiB, its sum against the free memory, and for stages that do not fit what to
/// lower.
std::string memory_table(const std::vector<StageMemory>& stages, const DeviceMemory& device);

}  // namespace selfreward
