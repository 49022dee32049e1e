#include "model/ops/device.h"

#include <ATen/Context.h>

#include <charconv>

#include "base/error.h"
#include "base/progress.h"
#include "model/ops/machine.h"

namespace selfreward {
namespace {

/// N of "cuda:N"; nothing where the text is something else.
std::optional<int> cuda_index(const std::string& name) {
  if (name == "cuda") return 0;
  const std::string prefix = "cuda:";
  const char* const end = name.data() + name.size();
  int index = -1;
  if (name.compare(0, prefix.size(), prefix) != 0) return std::nullopt;
  const auto [stop, error] = std::from_chars(name.data() + prefix.size(), end, index);
  if (error != std::errc() || stop != end || index < 0) return std::nullopt;
  return index;
}

torch::Device auto_device() {
  if (cuda_problem().empty()) return {torch::kCUDA, 0};
  static const bool told = [] {
    if (has_cuda_driver()) log_line("device auto: computing on the CPU, because " + cuda_problem());
    return true;
  }();
  (void)told;
  return torch::kCPU;
}

}  // namespace

torch::Device pick_device(const std::string& wanted) {
  if (wanted == "cpu") return torch::kCPU;
  if (wanted == "auto") return auto_device();
  const auto index = cuda_index(wanted);
  check(index.has_value(), "[device] '", wanted, "' is not a device; auto, cpu, cuda or cuda:N is wanted");
  check(cuda_problem().empty(), "[device] '", wanted, "' was asked for, but ", cuda_problem());
  const int count = static_cast<unsigned char>(at::detail::getCUDAHooks().deviceCount());
  check(*index < count, "[device] '", wanted, "' was asked for, but there are ", count,
        " GPU(s), numbered from 0");
  return {torch::kCUDA, static_cast<torch::DeviceIndex>(*index)};
}

torch::Tensor index_tensor(const std::vector<int64_t>& values, torch::Device device) {
  return at::tensor(values, at::kLong).to(device, /*non_blocking=*/true);
}

DeterministicScope::DeterministicScope(torch::Device device) {
  at::globalContext().setDeterministicAlgorithms(device.is_cuda(), /*warn_only=*/false);
  at::globalContext().setDeterministicFillUninitializedMemory(false);
}

DeterministicScope::~DeterministicScope() {
  at::globalContext().setDeterministicAlgorithms(false, /*warn_only=*/false);
}

}  // namespace selfreward
