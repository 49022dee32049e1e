#pragma once
// Prompts of a file instead of new ones (prompts.file): each round takes its own part.
#include "base/files.h"
#include "data/records.h"

namespace selfreward {

/// The prompts of round t = 1, 2, ...: rows (t - 1) * num_prompts to t * num_prompts of the file. A file with
/// fewer, and an id that occurs twice in it, is an error.
std::vector<Prompt> given_prompts(const fs::path& jsonl, int64_t num_prompts, int64_t t);

}  // namespace selfreward
