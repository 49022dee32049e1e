#pragma once
// Estimates beside what the device has, as text for a terminal.
#include "model/ops/device_memory.h"
#include "plan/memory_estimate.h"

namespace selfreward {

/// Of "cuda:N", or for "cpu" of this machine within the limit of the process's control group.
DeviceMemory device_memory(const std::string& device);

/// A row for each stage in MiB, its sum against the free memory, and for stages that do not fit what to
/// lower.
std::string memory_table(const std::vector<StageMemory>& stages, const DeviceMemory& device);

}  // namespace selfreward
