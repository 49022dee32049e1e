#pragma once
// Which files a model is read from, and where one can be written.
#include <vector>

#include "base/files.h"

namespace selfreward {

/// Every file that Policy::load(dir) reads, by name: config.json, weights, the tokenizer's files; of an
/// adapter its own and those of its base model.
std::vector<fs::path> policy_files(const fs::path& dir);

/// Throws Error where no checkpoint can be written to `dir`: a file has the name, the directory holds
/// something else, or nothing can be made there. A checkpoint or an empty directory is replaced.
void check_replaceable(const fs::path& dir);

/// Throws Error where a directory that is to be replaced holds other files than a checkpoint's own.
void check_nothing_else_is_lost(const fs::path& dir);

}  // namespace selfreward
