#pragma once
// Writes GGUF version 3: metadata, descriptions of the tensors, then the tensors one after the other.
#include <ATen/ATen.h>

#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/files.h"

namespace selfreward {

using GgufValue = std::variant<uint32_t, float, bool, std::string, std::vector<std::string>,
                               std::vector<int32_t>, std::vector<float>>;
using GgufMetadata = std::vector<std::pair<std::string, GgufValue>>;

/// A tensor to be written: `load` is called once, when its turn comes.
struct GgufOutput {
  std::string name;
  std::vector<int64_t> shape;  // outermost first
  uint32_t type = 0;           // kGgmlF32, kGgmlF16, kGgmlBF16 or kGgmlQ8_0
  std::function<at::Tensor()> load;
};

/// What a file holds.
struct GgufContents {
  GgufMetadata metadata;
  std::vector<GgufOutput> tensors;
};

/// Writes the file so that it is whole or not there; at most one tensor is converted at a time. A weight that
/// the type cannot hold (not finite, or too large for F16) is an error that names its tensor.
void write_gguf(const fs::path& path, const GgufContents& contents);

}  // namespace selfreward
