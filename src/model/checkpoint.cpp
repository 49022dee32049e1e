#include "model/checkpoint.h"

#include <algorithm>
#include <cstdio>
#include <set>

#include "base/paths.h"
#include "base/text_util.h"
#include "model/checkpoint_files.h"

namespace selfreward {
namespace {

constexpr const char* kWeights = "model.safetensors";
constexpr const char* kIndex = "model.safetensors.index.json";
constexpr const char* kGeneration = "generation_config.json";

[[noreturn]] void fail_no_weights(const fs::path& dir) {
  check(fs::is_directory(dir), "[checkpoint] ", dir.string(), " is not a directory");
  std::string hint = "is it a checkpoint directory, and is its download complete?";
  for (const auto& file : fs::directory_iterator(dir)) {
    if (file.path().extension() == ".gguf") hint = "a GGUF file has to be imported first";
    if (file.path().extension() == ".bin")
      hint = "pickled .bin weights are not read; convert them to safetensors";
  }
  fail("[checkpoint] ", dir.string(), " has no ", kWeights, "; ", hint);
}

/// Tensor name -> shard file name. A shard is a plain file name: an index must not reach outside its
/// directory.
std::map<std::string, std::string> read_index(const fs::path& path) {
  const LookupJson index = read_json<LookupJson>(path);
  const bool good = index.is_object() && index.contains("weight_map") && index["weight_map"].is_object();
  check(good, "[checkpoint] ", path.string(), " has no \"weight_map\"");
  std::map<std::string, std::string> shards;
  for (const auto& [name, shard] : index["weight_map"].items()) {
    check(shard.is_string(), "[checkpoint] ", path.string(), ": the shard of \"", name, "\" is ",
          shard.dump());
    const std::string file = shard.get<std::string>();
    const bool plain = file.find_first_of(std::string_view("/\\\0", 3)) == std::string::npos &&
                       file.ends_with(".safetensors");
    check(plain, "[checkpoint] ", path.string(), ": ", shard.dump(),
          " is not the plain name of a .safetensors file");
    shards.emplace(name, file);
  }
  check(!shards.empty(), "[checkpoint] ", path.string(), " names no tensors");
  return shards;
}

TensorMap read_shards(const fs::path& dir) {
  const auto shard_of = read_index(dir / kIndex);
  std::map<std::string, TensorMap> shards;
  TensorMap tensors;
  for (const auto& [name, file] : shard_of) {
    if (!shards.contains(file)) {
      check(fs::exists(dir / file), "[checkpoint] ", (dir / file).string(), " is missing, but ", kIndex,
            " names it; an incomplete download?");
      shards.emplace(file, read_safetensors(dir / file));
    }
    const auto found = shards[file].find(name);
    check(found != shards[file].end(), "[checkpoint] ", (dir / file).string(), " has no \"", name, "\", but ",
          kIndex, " puts it there; do index and shards belong together?");
    tensors.insert(*found);
  }
  return tensors;
}

bool may_be_extra(const ModelConfig& config, const std::string& name) {
  return name.ends_with(".rotary_emb.inv_freq") || (config.tie_word_embeddings && name == "lm_head.weight");
}

/// `tensors` without the second name of tied embeddings.
NamedTensors without_tied(const ModelConfig& config, const NamedTensors& tensors) {
  NamedTensors kept;
  for (const auto& tensor : tensors)
    if (!config.tie_word_embeddings || tensor.first != "lm_head.weight") kept.push_back(tensor);
  return kept;
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
  char name[64];
  std::snprintf(name, sizeof name, "model-%05zu-of-%05zu.safetensors", index + 1, count);
  return name;
}

void write_weights(const fs::path& dir, const NamedTensors& tensors, at::ScalarType dtype,
                   int64_t max_bytes) {
  const auto shards = split_shards(tensors, dtype, max_bytes);
  if (shards.size() == 1) return write_safetensors(dir / kWeights, shards[0], dtype);
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
  write_file_atomically(dir / kIndex, index.dump(2) + "\n");
}

/// `files` with the two that `config` decides.
SideFiles with_config(SideFiles files, const ModelConfig& config) {
  const Json base =
      files.contains(kGeneration) ? parse_json(files[kGeneration], kGeneration) : Json::object();
  files[kGeneration] = to_generation_json(config, base).dump(2) + "\n";
  files["config.json"] = to_config_json(config).dump(2) + "\n";
  return files;
}

}  // namespace

bool is_checkpoint(const fs::path& dir) {
  if (fs::exists(dir / "adapter_config.json")) return fs::exists(dir / "adapter_model.safetensors");
  if (!fs::exists(dir / "config.json") || !fs::exists(dir / "tokenizer.json")) return false;
  if (!fs::exists(dir / kIndex)) return fs::exists(dir / kWeights);
  const auto shard_of = read_index(dir / kIndex);
  return std::all_of(shard_of.begin(), shard_of.end(),
                     [&](const auto& shard) { return fs::exists(dir / shard.second); });
}

void write_checkpoint_dir(const fs::path& dir, const std::function<void(const fs::path& partial)>& write) {
  const fs::path target = output_directory(fs::absolute(dir));
  const fs::path partial = target.string() + ".tmp";
  check_replaceable(target);
  fs::remove_all(partial);
  fs::create_directories(partial);
  write(partial);
  sync_file(partial);
  commit_path(partial, target);
}

TensorMap read_checkpoint_tensors(const fs::path& dir) {
  if (fs::exists(dir / kWeights)) return read_safetensors(dir / kWeights);
  if (fs::exists(dir / kIndex)) return read_shards(dir);
  fail_no_weights(dir);
}

void check_checkpoint_tensors(const ModelConfig& config, const TensorMap& tensors, const std::string& where) {
  std::set<std::string> known;
  for (const auto& [name, shape] : tensor_shapes(config)) {
    const auto found = tensors.find(name);
    check(found != tensors.end(), "[checkpoint] ", where, " has no \"", name,
          "\", which config.json asks for");
    check(found->second.sizes() == at::IntArrayRef(shape), "[checkpoint] ", where, ": \"", name, "\" is ",
          Json(found->second.sizes().vec()).dump(), ", expected ", Json(shape).dump(), " by config.json");
    check(found->second.is_floating_point(), "[checkpoint] ", where, ": \"", name, "\" is ",
          c10::toString(found->second.scalar_type()), ", expected floating-point weights");
    known.insert(name);
  }
  for (const auto& [name, tensor] : tensors)
    check(known.contains(name) || may_be_extra(config, name), "[checkpoint] ", where, " has \"", name,
          "\", which a ", config.model_type, " model of this config.json does not have");
}

ModelConfig with_own_head(ModelConfig config, const TensorMap& tensors) {
  const auto head = tensors.find("lm_head.weight"), embedding = tensors.find("model.embed_tokens.weight");
  if (config.tie_word_embeddings && head != tensors.end() && embedding != tensors.end())
    config.tie_word_embeddings = at::equal(head->second, embedding->second);
  return config;
}

SideFiles read_side_files(const fs::path& dir) {
  check(fs::is_directory(dir), "[checkpoint] ", dir.string(), " is not a directory");
  SideFiles files = read_tokenizer_files(dir);
  if (fs::exists(dir / kGeneration)) files.emplace(kGeneration, read_file(dir / kGeneration));
  return files;
}

void write_checkpoint_files(const fs::path& dir, const SideFiles& files, const NamedTensors& tensors,
                            at::ScalarType dtype, int64_t max_shard_bytes) {
  write_checkpoint_dir(dir, [&](const fs::path& partial) {
    for (const auto& [name, content] : files) write_file_atomically(partial / name, content);
    write_weights(partial, tensors, dtype, max_shard_bytes);
  });
}

void write_checkpoint(const fs::path& dir, const SideFiles& side_files, ModelConfig config,
                      const NamedTensors& tensors, at::ScalarType dtype, int64_t max_shard_bytes) {
  const std::string where = without_slash(fs::absolute(dir)).string();
  config.dtype = dtype_name(dtype);
  check_model_config(config, where);
  check_checkpoint_tensors(config, TensorMap(tensors.begin(), tensors.end()), where);
  write_checkpoint_files(dir, with_config(side_files, config), without_tied(config, tensors), dtype,
                         max_shard_bytes);
}

}  // namespace selfreward
