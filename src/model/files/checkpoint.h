#pragma once
// The tensors of a checkpoint: model.safetensors, or shards with an index. transformers, vLLM and llama.cpp's
// converter load such a directory as it is.
//   const TensorMap weights = read_checkpoint_tensors("M0");
#include "model/files/checkpoint_files.h"
#include "model/files/safetensors.h"

namespace selfreward {

constexpr int64_t kMaxShardBytes = 5'000'000'000;  // as transformers writes them

/// All weights of `dir`, from model.safetensors or from the shards of model.safetensors.index.json, as views
/// of memory maps. A shard that is missing, or lacks a tensor the index promises, is an error.
TensorMap read_checkpoint_tensors(const fs::path& dir);

/// Writes `files` (config.json among them) and the weights, stored as `dtype`, by write_checkpoint_dir.
void write_checkpoint_files(const fs::path& dir, const SideFiles& files, const NamedTensors& tensors,
                            at::ScalarType dtype, int64_t max_shard_bytes = kMaxShardBytes);

}  // namespace selfreward
