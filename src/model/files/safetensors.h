#pragma once
// The safetensors file format: 8 bytes header length, a JSON header, then the tensors without gaps
// (https://huggingface.co/docs/safetensors). Read through a memory map, written tensor by tensor.
//   const TensorMap tensors = read_safetensors("M0/model.safetensors");
#include <ATen/ATen.h>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/files.h"

namespace selfreward {

using TensorMap = std::map<std::string, at::Tensor>;
using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

/// All tensors of the file, on the CPU, as views of one private memory map that lives as long as any of
/// them: reading costs no memory until a tensor is touched, and writing to a view never changes the file.
/// The header is checked completely first; a damaged or incomplete file is an error that says so.
TensorMap read_safetensors(const fs::path& path);

/// Writes the file so that it is whole or not there, converting one tensor at a time (to the CPU, and the
/// floating ones to `dtype` where given). Tensors of wider elements come first, otherwise the order is kept.
void write_safetensors(const fs::path& path, const NamedTensors& tensors,
                       std::optional<at::ScalarType> dtype = std::nullopt);

/// "float32", "bfloat16" or "float16" as config.json spells it; anything else is an error.
at::ScalarType parse_dtype(const std::string& name);
std::string dtype_name(at::ScalarType dtype);

}  // namespace selfreward
