#pragma once
// What the program computes on, for those who see no tensors.
#include <string>

namespace selfreward {

/// Why CUDA cannot be used here; empty where it can. The only place that asks LibTorch about CUDA: its first
/// answer stays for good, and is "no" for ever if it comes before the CUDA part is loaded.
const std::string& cuda_problem();

/// Whether this machine has an NVIDIA driver.
bool has_cuda_driver();

/// LibTorch's version, and how many threads its operators use.
std::string torch_version();
int torch_threads();

}  // namespace selfreward
