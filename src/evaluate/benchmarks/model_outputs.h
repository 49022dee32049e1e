#pragma once
// One answer of a model to each of many instructions, as tools of the field keep them.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/files.h"

namespace selfreward {

struct Instruction {
  std::string id;  // the row's "id" or "prompt_id", else its file and number
  std::string text;
  std::string category;  // of the row's field; empty where it has none
};

struct ModelOutput {
  std::string instruction, output;
  std::string dataset;  // of alpaca_eval's files
};

struct ModelOutputs {
  std::string name;
  std::vector<ModelOutput> rows;
  int64_t too_long = 0;  // instructions that did not fit the model's context and have no row
};

/// Rows {"instruction"} or {"prompt"} (alpaca_eval.json, our prompts), JSON array or lines, with the text of
/// `category_field` where the row has it ("dataset" and "category" are looked for where it is empty). A field
/// that no row has is an Error.
std::vector<Instruction> read_instructions(const fs::path& file, const std::string& category_field);

/// Rows {"instruction", "output", "generator"?, "dataset"?} of alpaca_eval, {"prompt", "text"}, {"prompt", "response"} (IFEval), or what
/// `generate` wrote ({"prompt_id", "text"}, whose instructions are looked up by id). The name is the
/// generator, else the file's. Errors: several generators, several answers to one prompt, an id without
/// instruction, a control character in the generator's name, which would steer the terminal.
ModelOutputs read_model_outputs(const fs::path& file, const std::vector<Instruction>& instructions);

/// Throws Error, which begins with the row's place, where a model's name has control characters: names go to tables on the
/// terminal.
void check_printable_name(const std::string& name, const std::string& where);

/// Both models' answers to the same instruction, by place: the n-th time an instruction stands in the one
/// list belongs to the n-th time in the other.
struct MatchedOutputs {
  std::vector<std::pair<size_t, size_t>> rows;
  size_t only_first = 0, only_second = 0;  // instructions that the other has not answered
};
MatchedOutputs match_outputs(const ModelOutputs& first, const ModelOutputs& second);

}  // namespace selfreward
