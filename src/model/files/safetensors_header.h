#pragma once
// The header of a safetensors file, without the tensors: what is where, and whether that can be true.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace selfreward {

struct SafetensorsEntry {
  std::string name;
  std::string dtype;  // "F32", "BF16", ...
  std::vector<int64_t> shape;
  uint64_t begin = 0, end = 0;  // bytes from the start of the file
};

/// Bytes of one element, 0 for a dtype that is not supported.
uint64_t safetensors_dtype_bytes(std::string_view dtype);

/// The entries in file order. `file` is the whole file; `path` is for messages. Throws Error unless the
/// tensors fill the file after the header exactly: no gap, no overlap, nothing missing, nothing left over.
std::vector<SafetensorsEntry> parse_safetensors_header(std::string_view file, const std::string& path);

}  // namespace selfreward
