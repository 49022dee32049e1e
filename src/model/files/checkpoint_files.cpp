#include "model/files/checkpoint_files.h"

#include <algorithm>

#include "base/paths.h"
#include "model/files/config_file.h"

namespace selfreward {
namespace {

std::vector<fs::path> files_of(const fs::path& dir) {
  const SideFiles side_files = read_side_files(dir);
  std::vector<fs::path> files;
  for (const auto& [name, content] : side_files) files.push_back(dir / name);
  for (const auto& entry : fs::directory_iterator(dir)) {
    const std::string name = entry.path().filename().string();
    if (name == "config.json" || name == "adapter_config.json" || name.ends_with(".safetensors") ||
        name.ends_with(".safetensors.index.json"))
      files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

bool is_checkpoint(const fs::path& dir) {
  if (fs::exists(dir / "adapter_config.json")) return fs::exists(dir / "adapter_model.safetensors");
  if (!fs::exists(dir / "config.json") || !fs::exists(dir / "tokenizer.json")) return false;
  if (!fs::exists(dir / kIndexFile)) return fs::exists(dir / kWeightsFile);
  const auto shard_of = read_shard_index(dir);
  return std::all_of(shard_of.begin(), shard_of.end(),
                     [&](const auto& shard) { return fs::exists(dir / shard.second); });
}

SideFiles read_side_files(const fs::path& dir) {
  check(fs::is_directory(dir), "[checkpoint] ", dir.string(), " is not a directory");
  SideFiles files = read_tokenizer_files(dir);
  if (fs::exists(dir / kGenerationFile)) files.emplace(kGenerationFile, read_file(dir / kGenerationFile));
  return files;
}

bool has_model_config(const fs::path& dir) {
  return fs::exists(dir / "config.json") || has_adapter_files(dir);
}

std::map<std::string, std::string> read_shard_index(const fs::path& dir) {
  const fs::path path = dir / kIndexFile;
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

bool has_adapter_files(const fs::path& dir) {
  return fs::exists(dir / "adapter_config.json");
}

fs::path adapter_base(const fs::path& dir) {
  const ConfigFile file(dir / "adapter_config.json");
  const Json base = file.get("base_model_name_or_path");
  if (!base.is_string()) file.refuse("base_model_name_or_path", base, "the directory of the base model");
  const fs::path path = base.get<std::string>();
  for (const fs::path& place : {path, dir / path})
    if (fs::exists(place / "config.json")) return place;
  file.refuse("base_model_name_or_path", base,
              "a directory with the base model's config.json; download it and write its path there");
}

std::vector<fs::path> policy_files(const fs::path& dir) {
  std::vector<fs::path> files = files_of(dir);
  if (!has_adapter_files(dir)) return files;
  for (fs::path& file : files_of(adapter_base(dir))) files.push_back(std::move(file));
  return files;
}

void check_replaceable(const fs::path& dir) {
  const fs::path target = output_directory(dir);
  check_can_be_made(target);
  if (!fs::exists(target)) return;
  check(fs::is_directory(target), "[checkpoint] cannot write ", target.string(),
        ": a file with this name exists");
  check(
      fs::is_empty(target) || has_model_config(target), "[checkpoint] ", target.string(),
      " holds something that is not a checkpoint and is not replaced; choose another directory or empty it");
}

void check_nothing_else_is_lost(const fs::path& dir) {
  if (!fs::is_directory(dir)) return;
  const std::vector<fs::path> own = has_model_config(dir) ? files_of(dir) : std::vector<fs::path>();
  for (const auto& entry : fs::recursive_directory_iterator(dir)) {
    const bool is_own = entry.is_directory() || entry.path() == dir / "README.md" ||
                        std::find(own.begin(), own.end(), entry.path()) != own.end();
    check(is_own, "[checkpoint] ", entry.path().string(),
          " is no part of a checkpoint and would be lost when ", dir.string(),
          " is made again; move it away, or name another output");
  }
}

void write_checkpoint_dir(const fs::path& dir, const std::function<void(const fs::path& partial)>& write) {
  const fs::path target = output_directory(fs::absolute(dir));
  const fs::path partial = target.string() + ".tmp";
  check_replaceable(target);
  fs::remove_all(partial);
  make_directories(partial);
  write(partial);
  sync_file(partial);
  commit_path(partial, target);
}

}  // namespace selfreward
