#pragma once
// IFEval (Zhou et al. 2023, arXiv 2311.07911): prompts with 25 kinds of instructions that a program can check, and the
// check of each. Ours, written from the paper's description and from what public implementations count as followed.
//   for (const IfevalPrompt& prompt : read_ifeval("input_data.jsonl")) follows(prompt, answer);
#include <map>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/json.h"

namespace selfreward {

struct IfevalPrompt {
  std::string id;  // the row's key
  std::string prompt;
  std::vector<std::string> instructions;  // "punctuation:no_comma", ...
  std::vector<Json> arguments;            // of each: {"num_highlights": 3}
};

/// The kinds of instructions, each with the names of the arguments that it takes.
const std::map<std::string, std::vector<std::string>>& ifeval_kinds();

/// Rows {"key", "prompt", "instruction_id_list", "kwargs"}, as the benchmark comes; an argument that is null is
/// not there. Throws Error with file, line, key and reason: a key that is there twice, a kind that is not known,
/// an argument that is missing, not of its type and range, or not of its kind.
std::vector<IfevalPrompt> read_ifeval(const fs::path& jsonl);

/// Whether an answer follows each instruction of its prompt. An empty one follows none.
std::vector<bool> follows(const IfevalPrompt& prompt, const std::string& answer);

/// The same where any of eight forms of the answer does: without its first or last line or both, and each of these without
/// asterisks; so that "Sure, here it is:" and markdown are no miss.
std::vector<bool> follows_loosely(const IfevalPrompt& prompt, const std::string& answer);

}  // namespace selfreward
