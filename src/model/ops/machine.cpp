#include "model/ops/machine.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <torch/headeronly/version.h>

#include <cstdlib>

#include "base/error.h"

namespace selfreward {
namespace {

/// Loads LibTorch's CUDA part, which registers its kernels with the operators that are linked.
std::string load_cuda() {
  if (!has_cuda_driver()) return "this machine has no NVIDIA driver (libcuda.so.1)";
  // What DeterministicScope needs of cuBLAS. Nobody else reads the environment here: CUDA is looked for once, at the start.
  setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", /*overwrite=*/0);  // NOLINT(concurrency-mt-unsafe)
  if (!dlopen("libtorch_cuda.so", RTLD_LAZY | RTLD_GLOBAL))
    return str(
        "LibTorch's CUDA part does not load: ", dlerror(),
        "; it comes with the torch wheel and all that the wheel depends on: pip install --target DIR torch==",
        TORCH_VERSION, ", then build with TORCH_DIR=DIR");
  if (!at::hasCUDA())
    return "the NVIDIA driver shows no GPU: it may be too old for this LibTorch, or CUDA_VISIBLE_DEVICES "
           "hides it";
  return "";
}

}  // namespace

bool has_cuda_driver() {
  return dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL) != nullptr;
}

const std::string& cuda_problem() {
  static const std::string problem = load_cuda();
  return problem;
}

std::string torch_version() {
  return TORCH_VERSION;
}

int torch_threads() {
  return at::get_num_threads();
}

}  // namespace selfreward
