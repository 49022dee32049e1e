#pragma once
// A checkpoint is a Hugging Face directory: config.json, generation_config.json, model.safetensors (or shards
// with an index) and the tokenizer's files. transformers, vLLM and llama.cpp's converter load it as it is.
//   const TensorMap weights = read_checkpoint_tensors("M0");
//   write_checkpoint("M1", /*tokenizer_source=*/"M0", config, policy_weights, at::kBFloat16);
#include <functional>
#include <string>

#include "model/model_config.h"
#include "model/safetensors.h"
#include "text/tokenizer_files.h"

namespace selfreward {

constexpr int64_t kMaxShardBytes = 5'000'000'000;  // as transformers writes them

/// Whether `dir` holds a finished model: a whole checkpoint (config, tokenizer, weights), or an adapter of
/// one.
bool is_checkpoint(const fs::path& dir);

/// Name and content of small files that travel with the weights: the tokenizer's and others.
using SideFiles = TokenizerFiles;

/// All weights of `dir`, from model.safetensors or from the shards of model.safetensors.index.json, as views
/// of memory maps. A shard that is missing, or lacks a tensor the index promises, is an error.
TensorMap read_checkpoint_tensors(const fs::path& dir);

/// Throws Error unless `tensors` are exactly the weights of `config` in name and shape. Two things that real
/// checkpoints carry are let pass: rotary_emb.inv_freq tables, and lm_head.weight beside tied embeddings.
void check_checkpoint_tensors(const ModelConfig& config, const TensorMap& tensors, const std::string& where);

/// `config` as the weights settle it: tie_word_embeddings with an lm_head.weight that is another matrix than
/// the embedding means nothing, as in transformers 5. The same matrix twice stays tied.
ModelConfig with_own_head(ModelConfig config, const TensorMap& tensors);

/// The tokenizer's files of `dir` and its generation_config.json, those that exist.
SideFiles read_side_files(const fs::path& dir);

/// Lets `write` fill `dir`.tmp, then syncs it and renames it, so that `dir` is whole or not there. An older
/// checkpoint at `dir` is replaced with everything in it; any other directory is an error. Where `dir` is a
/// link to a directory, that one is written.
void write_checkpoint_dir(const fs::path& dir, const std::function<void(const fs::path& partial)>& write);

/// Writes `files` (config.json among them) and the weights as they are given, as write_checkpoint does.
void write_checkpoint_files(const fs::path& dir, const SideFiles& files, const NamedTensors& tensors,
                            at::ScalarType dtype, int64_t max_shard_bytes = kMaxShardBytes);

/// Writes a complete checkpoint as write_checkpoint_dir does.
/// Weights are stored as `dtype`; with tied embeddings lm_head.weight is left out. `side_files` are
/// written unchanged, except that generation_config.json gets the token ids of `config`.
void write_checkpoint(const fs::path& dir, const SideFiles& side_files, ModelConfig config,
                      const NamedTensors& tensors, at::ScalarType dtype,
                      int64_t max_shard_bytes = kMaxShardBytes);

/// The same, with the tokenizer of the checkpoint `tokenizer_source`.
inline void write_checkpoint(const fs::path& dir, const fs::path& tokenizer_source, const ModelConfig& config,
                             const NamedTensors& tensors, at::ScalarType dtype,
                             int64_t max_shard_bytes = kMaxShardBytes) {
  write_checkpoint(dir, read_side_files(tokenizer_source), config, tensors, dtype, max_shard_bytes);
}

}  // namespace selfreward
