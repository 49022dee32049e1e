#pragma once
// The GGUF file format, versions 2 and 3 (github.com/ggml-org/ggml/blob/master/docs/gguf.md):
// metadata, tensor descriptions, then the tensors of llama.cpp, mostly quantised.
//   const GgufFile file = read_gguf("model.gguf");
//   const at::Tensor weight = load_gguf_tensor(file, *file.find("output_norm.weight"));
#include <ATen/ATen.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "model/files/mapped_file.h"

namespace selfreward {

/// Where a tensor lies and how it is coded.
struct GgufTensor {
  std::string name;
  std::vector<int64_t> shape;  // outermost first, as torch has it; the file stores the reverse
  uint32_t type = 0;    // GGML's number; types that cannot be read stay unread until they are asked for
  uint64_t offset = 0;  // bytes from the start of the file
};

struct GgufFile {
  std::string path;
  uint32_t version = 0;
  std::map<std::string, Json> metadata;  // arrays are JSON arrays; a float32 is a double of the same value
  std::vector<GgufTensor> tensors;
  std::shared_ptr<const MappedFile> bytes;

  /// The tensor of this name, or nullptr.
  const GgufTensor* find(const std::string& name) const;
};

/// Reads and checks everything but the weights. A damaged, incomplete or foreign file is an error.
GgufFile read_gguf(const fs::path& path);

/// The weights as float32 [shape], bit for bit what gguf-py makes of them. A type that is not among those of
/// quants.h is an error that names tensor and type.
at::Tensor load_gguf_tensor(const GgufFile& file, const GgufTensor& tensor);

}  // namespace selfreward
