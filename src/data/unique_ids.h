#pragma once
// Ids address randomness and join files, so no two rows of a file may have the same.
#include <unordered_set>

#include "data/jsonl.h"

namespace selfreward {

/// Throws Error where two of `records` have one id; `where` names the file or what they are.
template <typename Record>
void check_unique_ids(const std::vector<Record>& records, const std::string& where) {
  std::unordered_set<std::string> seen;
  for (const Record& record : records)
    check(seen.insert(record.id).second, "[data] ", where, ": two rows have the id '", record.id,
          "'; rename one of them");
}

/// The prompts of a JSONL file, each with an id of its own; an empty file is an Error.
inline std::vector<Prompt> read_prompts(const fs::path& jsonl) {
  std::vector<Prompt> prompts = read_jsonl<Prompt>(jsonl);
  check(!prompts.empty(), "[data] ", jsonl.string(), " has no rows, wanted prompts; is the file complete?");
  check_unique_ids(prompts, jsonl.string());
  return prompts;
}

}  // namespace selfreward
