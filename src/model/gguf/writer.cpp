#include "model/gguf/writer.h"

#include <ATen/Parallel.h>

#include <cerrno>
#include <fstream>
#include <string_view>
#include <type_traits>

#include "base/error.h"
#include "model/gguf/quants.h"

namespace selfreward {
namespace {

constexpr uint64_t kAlignment = 32;
constexpr uint32_t kVersion = 3;
constexpr int64_t kBlocksPerTask = 4096;

template <typename T>
void put_number(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void put_string(std::string& out, std::string_view text) {
  put_number(out, uint64_t{text.size()});
  out += text;
}

/// GGUF's number of a value's type.
template <typename T>
constexpr uint32_t value_type() {
  if constexpr (std::is_same_v<T, uint32_t>) return 4;
  if constexpr (std::is_same_v<T, int32_t>) return 5;
  if constexpr (std::is_same_v<T, float>) return 6;
  if constexpr (std::is_same_v<T, bool>) return 7;
  return 8;
}

template <typename T>
void put_value(std::string& out, const T& value) {
  if constexpr (std::is_same_v<T, std::string>)
    put_string(out, value);
  else
    put_number(out, value);
}

void put_typed(std::string& out, const GgufValue& value) {
  std::visit(
      [&]<typename T>(const T& held) {
        if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) {
          put_number(out, value_type<T>());
          put_value(out, held);
        } else {
          put_number(out, uint32_t{9});
          put_number(out, value_type<typename T::value_type>());
          put_number(out, uint64_t{held.size()});
          for (const auto& element : held) put_value(out, element);
        }
      },
      value);
}

uint64_t aligned(uint64_t size) {
  return (size + kAlignment - 1) / kAlignment * kAlignment;
}

uint64_t byte_count(const GgufOutput& tensor) {
  const GgmlType& type = *find_ggml_type(tensor.type);
  int64_t elements = 1;
  for (const int64_t size : tensor.shape) elements *= size;
  return static_cast<uint64_t>(elements / type.weights * type.bytes);
}

std::string head(const GgufMetadata& metadata, const std::vector<GgufOutput>& tensors) {
  std::string out = "GGUF";
  put_number(out, kVersion);
  put_number(out, uint64_t{tensors.size()});
  put_number(out, uint64_t{metadata.size()});
  for (const auto& [key, value] : metadata) {
    put_string(out, key);
    put_typed(out, value);
  }
  uint64_t offset = 0;
  for (const GgufOutput& tensor : tensors) {
    put_string(out, tensor.name);
    put_number(out, static_cast<uint32_t>(tensor.shape.size()));
    for (auto size = tensor.shape.rbegin(); size != tensor.shape.rend(); ++size) put_number(out, *size);
    put_number(out, tensor.type);
    put_number(out, offset);
    offset += aligned(byte_count(tensor));
  }
  out.resize(aligned(out.size()), '\0');
  return out;
}

/// The weights as blocks of Q8_0, [bytes] uint8.
at::Tensor to_q8_0(const at::Tensor& weights) {
  const at::Tensor source = weights.to(at::kFloat).contiguous();
  const int64_t blocks = source.numel() / 32;
  at::Tensor out = at::empty({blocks * 34}, at::kByte);
  const float* in = source.data_ptr<float>();
  auto* bytes = out.data_ptr<uint8_t>();
  at::parallel_for(0, blocks, kBlocksPerTask, [&](int64_t begin, int64_t end) {
    quantize_q8_0(in + 32 * begin, end - begin, bytes + 34 * begin);
  });
  return out;
}

/// The tensor as it lies in the file.
at::Tensor encode(const GgufOutput& tensor) {
  const at::Tensor weights = tensor.load().cpu();
  check(weights.sizes() == at::IntArrayRef(tensor.shape), "[gguf] tensor \"", tensor.name,
        "\" changed its shape while it was written");
  check(at::isfinite(weights).all().item<bool>(), "[gguf] tensor \"", tensor.name,
        "\" has weights that are not finite; is the checkpoint damaged?");
  if (tensor.type == kGgmlQ8_0) return to_q8_0(weights);
  const at::ScalarType dtype = tensor.type == kGgmlF32   ? at::kFloat
                               : tensor.type == kGgmlF16 ? at::kHalf
                                                         : at::kBFloat16;
  const at::Tensor encoded = weights.to(dtype).contiguous();
  check(dtype == at::kFloat || at::isfinite(encoded).all().item<bool>(), "[gguf] tensor \"", tensor.name,
        "\" has weights that ", find_ggml_type(tensor.type)->name,
        " cannot hold; take --outtype bf16 or f32");
  return encoded;
}

void write(std::ofstream& out, const void* bytes, uint64_t size, const fs::path& path) {
  out.write(static_cast<const char*>(bytes), static_cast<std::streamsize>(size));
  check(out.good(), "[gguf] cannot write ", path.string(), ": ", system_reason(errno));
}

}  // namespace

void write_gguf(const fs::path& path, const GgufContents& contents) {
  const auto& [metadata, tensors] = contents;
  if (path.has_parent_path()) make_directories(path.parent_path());
  const fs::path partial = path.string() + ".tmp";
  std::ofstream out(partial, std::ios::binary | std::ios::trunc);
  check(out.good(), "[gguf] cannot create ", partial.string(), ": ", system_reason(errno));
  const std::string start = head(metadata, tensors);
  write(out, start.data(), start.size(), partial);
  const std::string padding(kAlignment, '\0');
  for (const GgufOutput& tensor : tensors) {
    const at::Tensor encoded = encode(tensor);
    const uint64_t size = encoded.nbytes();
    write(out, encoded.data_ptr(), size, partial);
    write(out, padding.data(), aligned(size) - size, partial);
  }
  out.close();
  check(out.good(), "[gguf] cannot write ", partial.string(), ": ", system_reason(errno));
  sync_file(partial);
  commit_path(partial, path);
}

}  // namespace selfreward
