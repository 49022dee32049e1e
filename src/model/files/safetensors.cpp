#include "model/files/safetensors.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>

#include "base/error.h"
#include "base/json.h"
#include "model/files/mapped_file.h"
#include "model/files/safetensors_header.h"

namespace selfreward {
namespace {

struct DtypeName {
  at::ScalarType type;
  const char* name;
};
constexpr DtypeName kDtypes[] = {{at::kDouble, "F64"},    {at::kFloat, "F32"}, {at::kHalf, "F16"},
                                 {at::kBFloat16, "BF16"}, {at::kLong, "I64"},  {at::kInt, "I32"},
                                 {at::kShort, "I16"},     {at::kChar, "I8"},   {at::kByte, "U8"},
                                 {at::kBool, "BOOL"}};

at::ScalarType scalar_type(const std::string& name) {
  for (const DtypeName& dtype : kDtypes)
    if (name == dtype.name) return dtype.type;
  fail("[safetensors] dtype ", name, " is not supported");
}

std::string safetensors_name(at::ScalarType type, const std::string& tensor) {
  for (const DtypeName& dtype : kDtypes)
    if (type == dtype.type) return dtype.name;
  fail("[safetensors] \"", tensor, "\": dtype ", c10::toString(type), " cannot be stored");
}

/// A view of the map that keeps it alive; a copy where the file puts the tensor at an odd address.
at::Tensor view(const std::shared_ptr<MappedFile>& file, const SafetensorsEntry& entry) {
  const auto options = at::TensorOptions().dtype(scalar_type(entry.dtype));
  char* data = file->data() + entry.begin;
  if (reinterpret_cast<uintptr_t>(data) % safetensors_dtype_bytes(entry.dtype) == 0)
    return at::from_blob(
        data, entry.shape, [file](void*) {}, options);
  at::Tensor copy = at::empty(entry.shape, options);
  std::memcpy(copy.data_ptr(), data, entry.end - entry.begin);
  return copy;
}

at::ScalarType stored_type(const at::Tensor& tensor, std::optional<at::ScalarType> dtype) {
  return dtype && tensor.is_floating_point() ? *dtype : tensor.scalar_type();
}

void check_names(const NamedTensors& tensors, const fs::path& path) {
  std::set<std::string> names = {"__metadata__"};
  for (const auto& [name, tensor] : tensors) {
    check(tensor.defined(), "[safetensors] ", path.string(), ": \"", name, "\" has no value");
    check(names.insert(name).second, "[safetensors] ", path.string(), ": \"", name,
          "\" cannot be written twice");
  }
}

/// Length and JSON, padded so that the data begins at a multiple of 8 bytes.
std::string header(const NamedTensors& tensors, std::optional<at::ScalarType> dtype) {
  Json json = {{"__metadata__", {{"format", "pt"}}}};
  uint64_t at = 0;
  for (const auto& [name, tensor] : tensors) {
    const at::ScalarType type = stored_type(tensor, dtype);
    const uint64_t end = at + static_cast<uint64_t>(tensor.numel()) * c10::elementSize(type);
    Json entry = {{"dtype", safetensors_name(type, name)}, {"shape", tensor.sizes().vec()}};
    entry["data_offsets"] = {at, end};
    json[name] = std::move(entry);
    at = end;
  }
  std::string text = json.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  std::string length(8, '\0');
  for (size_t i = 0; i < 8; ++i) length[i] = static_cast<char>(text.size() >> (8 * i) & 0xff);
  return length + text;
}

void write_bytes(std::ofstream& out, const void* data, size_t size, const fs::path& path) {
  out.write(static_cast<const char*>(data), static_cast<std::streamsize>(size));
  check(out.good(), "[safetensors] cannot write ", path.string(), ": ", system_reason(errno));
}

void write_all(const fs::path& path, const NamedTensors& tensors, std::optional<at::ScalarType> dtype) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  check(out.good(), "[safetensors] cannot create ", path.string(), ": ", system_reason(errno));
  const std::string head = header(tensors, dtype);
  write_bytes(out, head.data(), head.size(), path);
  for (const auto& [name, tensor] : tensors) {
    const at::Tensor stored = tensor.detach().to(at::kCPU, stored_type(tensor, dtype)).contiguous();
    write_bytes(out, stored.data_ptr(), stored.nbytes(), path);
  }
  out.close();
  check(out.good(), "[safetensors] cannot write ", path.string(), ": ", system_reason(errno));
}

}  // namespace

TensorMap read_safetensors(const fs::path& path) {
  const auto file = std::make_shared<MappedFile>(path);
  TensorMap tensors;
  for (const SafetensorsEntry& entry : parse_safetensors_header(file->bytes(), path.string()))
    tensors.emplace(entry.name, view(file, entry));
  return tensors;
}

void write_safetensors(const fs::path& path, const NamedTensors& tensors,
                       std::optional<at::ScalarType> dtype) {
  check_names(tensors, path);
  NamedTensors ordered = tensors;  // handles, not copies; wide elements first keep every tensor aligned
  std::stable_sort(ordered.begin(), ordered.end(), [&](const auto& a, const auto& b) {
    return c10::elementSize(stored_type(a.second, dtype)) > c10::elementSize(stored_type(b.second, dtype));
  });
  const fs::path partial = path.string() + ".tmp";
  try {
    write_all(partial, ordered, dtype);
    sync_file(partial);
  } catch (...) {
    std::error_code ignored;
    fs::remove(partial, ignored);  // a full disk is the usual reason: give the space back
    throw;
  }
  commit_path(partial, path);
}

at::ScalarType parse_dtype(const std::string& name) {
  if (name == "float32") return at::kFloat;
  if (name == "bfloat16") return at::kBFloat16;
  if (name == "float16") return at::kHalf;
  fail("[checkpoint] dtype is \"", name, "\", expected float32, bfloat16 or float16");
}

std::string dtype_name(at::ScalarType dtype) {
  for (const char* name : {"float32", "bfloat16", "float16"})
    if (parse_dtype(name) == dtype) return name;
  fail("[checkpoint] weights cannot be stored as ", c10::toString(dtype));
}

}  // namespace selfreward
