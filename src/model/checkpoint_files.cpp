#include "model/checkpoint_files.h"

#include <algorithm>

#include "base/paths.h"
#include "model/checkpoint.h"
#include "model/lora.h"

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

bool has_config(const fs::path& dir) {
  return fs::exists(dir / "config.json") || has_adapter_files(dir);
}

}  // namespace

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
      fs::is_empty(target) || has_config(target), "[checkpoint] ", target.string(),
      " holds something that is not a checkpoint and is not replaced; choose another directory or empty it");
}

void check_nothing_else_is_lost(const fs::path& dir) {
  if (!fs::is_directory(dir)) return;
  const std::vector<fs::path> own = has_config(dir) ? files_of(dir) : std::vector<fs::path>();
  for (const auto& entry : fs::recursive_directory_iterator(dir)) {
    const bool is_own = entry.is_directory() || entry.path() == dir / "README.md" ||
                        std::find(own.begin(), own.end(), entry.path()) != own.end();
    check(is_own, "[checkpoint] ", entry.path().string(),
          " is no part of a checkpoint and would be lost when ", dir.string(),
          " is made again; move it away, or name another output");
  }
}

}  // namespace selfreward
