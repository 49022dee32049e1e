#include "model/ops/device.h"

#include <ATen/Parallel.h>
#include <doctest/doctest.h>

#include <filesystem>
#include <mutex>
#include <set>
#include <thread>

#include "base/error.h"
#include "model/ops/machine.h"

using namespace selfreward;

TEST_CASE("cpu is the CPU, and auto is a GPU only where CUDA can be used") {
  CHECK(pick_device("cpu").is_cpu());
  CHECK(pick_device("auto").is_cuda() == cuda_problem().empty());
}

TEST_CASE("a device that does not exist is an error that says what does") {
  for (const std::string name :
       {"gpu", "", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", "cuda:99999999999", "CUDA"})
    CHECK_THROWS_WITH_AS(pick_device(name), doctest::Contains("auto, cpu, cuda or cuda:N is wanted"), Error);
}

TEST_CASE("a GPU that cannot be used is an error that says why") {
  if (!cuda_problem().empty()) {
    CHECK_THROWS_WITH_AS(pick_device("cuda"), doctest::Contains(cuda_problem().c_str()), Error);
  } else {
    CHECK(pick_device("cuda") == torch::Device(torch::kCUDA, 0));
    CHECK_THROWS_WITH_AS(pick_device("cuda:99"), doctest::Contains("numbered from 0"), Error);
  }
}

TEST_CASE("indices keep their values and are int64") {
  const torch::Tensor indices = index_tensor({3, -1, int64_t{1} << 40}, torch::kCPU);
  CHECK(at::equal(indices, at::tensor({int64_t{3}, int64_t{-1}, int64_t{1} << 40})));
  CHECK(index_tensor({}, torch::kCPU).numel() == 0);
}

TEST_CASE("training on a CPU does not ask for deterministic algorithms, and a scope ends") {
  const DeterministicScope scope(torch::kCPU);
  CHECK_FALSE(at::globalContext().deterministicAlgorithms());
  {
    const DeterministicScope gpu(torch::kCUDA);
    CHECK(at::globalContext().deterministicAlgorithms());
  }
  CHECK_FALSE(at::globalContext().deterministicAlgorithms());
}

TEST_CASE("our own loops run on as many threads as LibTorch's") {
  const int threads = at::get_num_threads();
  at::set_num_threads(2);
  std::mutex mutex;
  std::set<std::thread::id> seen;
  at::parallel_for(0, 2, /*grain_size=*/1, [&](int64_t, int64_t) {
    const std::lock_guard lock(mutex);
    seen.insert(std::this_thread::get_id());
  });
  at::set_num_threads(threads);
  CHECK(seen.size() == 2);  // 1: this file was compiled without OpenMP, and at::parallel_for is a header
}

TEST_CASE("our own loops and LibTorch's share one pool of threads") {
  const auto threads_here = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/task"), {});
  };
  const int threads = at::get_num_threads();
  at::set_num_threads(3);
  at::parallel_for(0, 3, /*grain_size=*/1, [](int64_t, int64_t) {});
  const auto with_ours = threads_here();
  CHECK(with_ours >= 3);
  at::ones({1 << 20}).exp_();  // inside LibTorch, on all threads
  CHECK(threads_here() == with_ours);
  at::set_num_threads(threads);
}
