#include "model/ops/device_memory.h"

#include <c10/core/CachingDeviceAllocator.h>

#include "model/ops/device.h"

namespace selfreward {

std::string device_name(const std::string& wanted) {
  return pick_device(wanted).str();
}

DeviceMemory gpu_memory(const std::string& device) {
  const torch::Device gpu(device);
  const auto [free, total] = c10::getDeviceAllocator(gpu.type())->getMemoryInfo(gpu.index());
  return {static_cast<int64_t>(free), static_cast<int64_t>(total)};
}

}  // namespace selfreward
