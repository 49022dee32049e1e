#pragma once
// The files of a checkpoint, a Hugging Face directory: which a model is read from, which are there, and where
// one can be written. Without tensors; model/files/checkpoint.h reads and writes these.
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "text/tokenizer/files.h"

namespace selfreward {

constexpr const char* kWeightsFile = "model.safetensors";
constexpr const char* kIndexFile = "model.safetensors.index.json";
constexpr const char* kGenerationFile = "generation_config.json";

/// Whether `dir` holds a finished model: a whole checkpoint (config, tokenizer, weights), or an adapter of
/// one.
bool is_checkpoint(const fs::path& dir);

/// Whether the config.json of a model, or that of an adapter, is in `dir`: less than is_checkpoint asks for.
bool has_model_config(const fs::path& dir);

/// Tensor name -> shard file name, out of `dir`/model.safetensors.index.json. A shard is a plain file name:
/// an index must not reach outside its directory.
std::map<std::string, std::string> read_shard_index(const fs::path& dir);

/// Name and content of small files that travel with the weights: the tokenizer's and others.
using SideFiles = TokenizerFiles;
/// The tokenizer's files of `dir` and its generation_config.json, those that exist.
SideFiles read_side_files(const fs::path& dir);

/// Whether the model in `dir` is a LoRA adapter in peft's format.
bool has_adapter_files(const fs::path& dir);
/// What an adapter directory is made for: its base model, as adapter_config.json says, where it lies.
fs::path adapter_base(const fs::path& dir);

/// Every file that Policy::load(dir) reads, by name: config.json, weights, the tokenizer's files; of an
/// adapter its own and those of its base model.
std::vector<fs::path> policy_files(const fs::path& dir);

/// Throws Error where no checkpoint can be written to `dir`: a file has the name, the directory holds
/// something else, or nothing can be made there. A checkpoint or an empty directory is replaced.
void check_replaceable(const fs::path& dir);

/// Throws Error where a directory that is to be replaced holds other files than a checkpoint's own.
void check_nothing_else_is_lost(const fs::path& dir);

/// Lets `write` fill `dir`.tmp, then syncs it and renames it, so that `dir` is whole or not there. An older
/// checkpoint at `dir` is replaced with everything in it; any other directory is an error. Where `dir` is a
/// link to a directory, that one is written.
void write_checkpoint_dir(const fs::path& dir, const std::function<void(const fs::path& partial)>& write);

}  // namespace selfreward
