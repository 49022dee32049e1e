#pragma once
// Where tensors are computed. The program links LibTorch's CPU part only and loads the CUDA part when a GPU
// is wanted, so one binary serves machines with and without one.
#include <torch/types.h>

#include <string>
#include <vector>

namespace selfreward {

/// The device called "auto", "cpu", "cuda" or "cuda:N"; auto is the first GPU where CUDA can be used. A GPU
/// that is asked for by name and cannot be used is an error that says why.
torch::Device pick_device(const std::string& wanted);

/// values as int64 [values] on `device`, without waiting for the device to be idle.
torch::Tensor index_tensor(const std::vector<int64_t>& values, torch::Device device);

/// While it lives, a GPU adds sums in one order, so that training twice gives the same bytes. On a CPU
/// nothing changes: sums there have one order anyway.
class DeterministicScope {
 public:
  explicit DeterministicScope(torch::Device device);
  ~DeterministicScope();
  DeterministicScope(const DeterministicScope&) = delete;
  DeterministicScope& operator=(const DeterministicScope&) = delete;
};

}  // namespace selfreward
