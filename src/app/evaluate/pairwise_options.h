#pragma once
// Two answers to one instruction, judged: what `evaluate winrate` and `evaluate alpaca` share.
#include "app/evaluate/judge_options.h"
#include "evaluate/benchmarks/model_answers.h"
#include "evaluate/benchmarks/model_comparison.h"

namespace selfreward {

/// How a pair of answers is judged.
struct PairwiseOptions {
  JudgeOptions judge;
  std::string rubric;
  bool weighted = false, overwrite = false;

  void add_to(Command command);
  std::string rubric_file() const;
};

/// Made before anything is generated, so that a wrong option costs nothing.
struct PairwiseJudge {
  Judge judge;
  PairwiseJudging judging;

  /// `out`: where an endpoint's replies are kept. --weighted with a local judge is an Error.
  PairwiseJudge(const PairwiseOptions& options, const RunConfig& config, const fs::path& out);
  PairwiseJudge(const PairwiseJudge&) = delete;
  PairwiseJudge& operator=(const PairwiseJudge&) = delete;
};

/// Judge::approve for all questions about the pairs.
bool approve(const PairwiseJudge& by, const std::vector<ModelPair>& pairs);

/// What the settings of `evaluate winrate` and `evaluate alpaca` are.
CommandSettings pairwise_settings(const std::string& command);

/// The names of `models`, checkpoints and files of outputs. Two that are one, or become one file name, are an
/// Error.
std::vector<std::string> compared_names(const std::vector<std::string>& models,
                                        const std::vector<Instruction>& instructions);

/// Throws Error where a checkpoint cannot answer, and where answers or comparisons that are in `out` were made from something else, or removes
/// them. Before anything is generated or asked. `models`: checkpoints and files of
/// outputs, each compared with those behind it.
void check_pairwise_outputs(const RunConfig& config, const PairwiseJudging& judging,
                            const std::vector<std::string>& models,
                            const std::vector<Instruction>& instructions, const EvaluationDir& out);

/// The rows of `file`; none where it is empty. A category without a file is an Error.
std::vector<Instruction> instructions_of(const std::string& file, const std::string& category);

/// Says how many instructions only one of the two answered.
void print_unpaired(const ModelPair& pair);

}  // namespace selfreward
