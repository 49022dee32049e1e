#include "model/files/checkpoint.h"

#include "base/format.h"

namespace selfreward {
namespace {

[[noreturn]] void fail_no_weights(const fs::path& dir) {
  check(fs::is_directory(dir), "[checkpoint] ", dir.string(), " is not a directory");
  std::string hint = "is it a checkpoint directory, and is its download complete?";
  for (const auto& file : fs::directory_iterator(dir)) {
    if (file.path().extension() == ".gguf") hint = "a GGUF file has to be imported first";
    if (file.path().extension() == ".bin")
      hint = "pickled .bin weights are not read; convert them to safetensors";
  }
  fail("[checkpoint] ", dir.string(), " has no ", kWeightsFile, "; ", hint);
}

TensorMap read_shards(const fs::path& dir) {
  const auto shard_of = read_shard_index(dir);
  std::map<std::string, TensorMap> shards;
  TensorMap tensors;
  for (const auto& [name, file] : shard_of) {
    if (!shards.contains(file)) {
      check(fs::exists(dir / file), "[checkpoint] ", (dir / file).string(), " is missing, but ", kIndexFile,
            " names it; an incomplete download?");
      shards.emplace(file, read_safetensors(dir / file));
    }
    const auto found = shards[file].find(name);
    check(found != shards[file].end(), "[checkpoint] ", (dir / file).string(), " has no \"", name, "\", but ",
          kIndexFile, " puts it there; do index and shards belong together?");
    tensors.insert(*found);
  }
  return tensors;
}

/// Consecutive runs of tensors, each at most `max_bytes` unless it is one tensor.
std::vector<NamedTensors> split_shards(const NamedTensors& tensors, at::ScalarType dtype, int64_t max_bytes) {
  std::vector<NamedTensors> shards(1);
  int64_t bytes = 0;
  for (const auto& tensor : tensors) {
    const int64_t size = tensor.second.numel() * static_cast<int64_t>(c10::elementSize(dtype));
    if (!shards.back().empty() && bytes + size > max_bytes) {
      shards.emplace_back();
      bytes = 0;
    }
    shards.back().push_back(tensor);
    bytes += size;
  }
  return shards;
}

std::string shard_name(size_t index, size_t count) {
  return str("model-", zero_padded(index + 1, 5), "-of-", zero_padded(count, 5), ".safetensors");
}

void write_weights(const fs::path& dir, const NamedTensors& tensors, at::ScalarType dtype,
                   int64_t max_bytes) {
  const auto shards = split_shards(tensors, dtype, max_bytes);
  if (shards.size() == 1) return write_safetensors(dir / kWeightsFile, shards[0], dtype);
  int64_t total_bytes = 0;
  Json weight_map = Json::object();
  for (size_t i = 0; i < shards.size(); ++i) {
    const std::string file = shard_name(i, shards.size());
    write_safetensors(dir / file, shards[i], dtype);
    for (const auto& [name, tensor] : shards[i]) {
      weight_map[name] = file;
      total_bytes += tensor.numel() * static_cast<int64_t>(c10::elementSize(dtype));
    }
  }
  const Json index = {{"metadata", {{"total_size", total_bytes}}}, {"weight_map", std::move(weight_map)}};
  write_file_atomically(dir / kIndexFile, index.dump(2) + "\n");
}

}  // namespace

TensorMap read_checkpoint_tensors(const fs::path& dir) {
  if (fs::exists(dir / kWeightsFile)) return read_safetensors(dir / kWeightsFile);
  if (fs::exists(dir / kIndexFile)) return read_shards(dir);
  fail_no_weights(dir);
}

void write_checkpoint_files(const fs::path& dir, const SideFiles& files, const NamedTensors& tensors,
                            at::ScalarType dtype, int64_t max_shard_bytes) {
  write_checkpoint_dir(dir, [&](const fs::path& partial) {
    for (const auto& [name, content] : files) write_file_atomically(partial / name, content);
    write_weights(partial, tensors, dtype, max_shard_bytes);
  });
}

}  // namespace selfreward
