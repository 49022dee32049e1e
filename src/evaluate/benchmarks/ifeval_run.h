#pragma once
// IFEval (gold/ifeval.h) of models: which instructions their answers follow, by prompt, by instruction and by kind.
#include "base/seed.h"
#include "evaluate/benchmarks/model_outputs.h"
#include "gold/ifeval.h"

namespace selfreward {

/// One answer and which instructions of its prompt it follows.
struct IfevalResult {
  const IfevalPrompt* prompt;
  std::string response;
  bool missing = false;  // the model gave none, which follows nothing
  std::vector<bool> strict, loose;
};

/// One result of each prompt, in their order; an answer belongs to the prompt of its text. Answers to other prompts are an
/// Error that names the first one.
std::vector<IfevalResult> ifeval_results(const std::vector<IfevalPrompt>& prompts,
                                         const ModelOutputs& outputs);

/// {name, prompts, instructions, missing, too_long, strict, loose, kinds}: `strict` and `loose` have prompt_level and
/// instruction_level accuracies, each with a 95 % bootstrap interval over prompts, x_interval; kinds {n, strict, loose}.
Json ifeval_summary(const ModelOutputs& outputs, const std::vector<IfevalResult>& results, const Seed& seed);

/// The summaries of some models as plain tables.
std::string ifeval_tables(const Json& models);

/// The results as the benchmark's own program writes them, one JSON line each: follow_all_instructions,
/// follow_instruction_list, instruction_id_list, prompt, response.
std::string ifeval_lines(const std::vector<IfevalResult>& results, bool loose);

}  // namespace selfreward
