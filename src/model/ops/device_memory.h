#pragma once
// The device of the settings, for those who see no tensors.
#include <cstdint>
#include <string>

namespace selfreward {

/// The device called "auto", "cpu", "cuda" or "cuda:N" as "cpu" or "cuda:N"; errors as in pick_device
/// (device.h).
std::string device_name(const std::string& wanted);

/// Bytes of memory.
struct DeviceMemory {
  int64_t free = 0, total = 0;
};
/// Of the GPU "cuda:N".
DeviceMemory gpu_memory(const std::string& device);

}  // namespace selfreward
