#pragma once
// Models compared answer by answer: by a judge that sees both, or by gold rules.
#include "base/output.h"
#include "evaluate/benchmarks/alpaca_eval.h"
#include "evaluate/benchmarks/model_answers.h"
#include "evaluate/judges/comparisons.h"
#include "evaluate/statistics/head_to_head.h"

namespace selfreward {

/// Two models' answers to the instructions that both have answered.
struct ModelPair {
  std::string first, second;        // names
  std::vector<AnswerPair> answers;  // prompt_id is the number of the row among the first model's, from 1
  std::vector<std::string> categories;
  size_t only_first = 0, only_second = 0;  // instructions that the other has not answered
};

/// The categories are those of `instructions`, else the rows' dataset. Without a common instruction: an
/// Error.
ModelPair pair_models(const ModelOutputs& first, const ModelOutputs& second,
                      const std::vector<Instruction>& instructions);

/// A judge of pairs and what its verdicts depend on.
struct PairwiseJudging {
  std::string name;  // of the judge
  Chat chat;
  PairwiseRubric rubric;
  ChatParams params;
  bool weighted = false;
  Json inputs;  // judge, rubric, sampling
};

/// `out`/comparisons/A_vs_B.jsonl; the answers are null among its inputs where they are not there yet.
Output comparisons_output(const PairwiseJudging& judging, const std::string& first, const std::string& second,
                          const fs::path& out, Json answers = nullptr);

/// Kept there, `shard_size` pairs at a time; a stopped command goes on.
std::vector<Comparison> judge_pair(const ModelPair& pair, const PairwiseJudging& judging, int64_t shard_size,
                                   const EvaluationDir& out);

std::vector<ComparedAnswers> compared_answers(const ModelPair& pair,
                                              const std::vector<Comparison>& comparisons, bool weighted);
/// By the rules' scores; an instruction without one is missing.
std::vector<ComparedAnswers> compared_by_gold(const ModelPair& pair, const GoldScorer& gold);

/// alpaca_eval's annotations of a pair whose first model is the baseline: preference 2 is the second model.
std::vector<Annotation> annotations_of(const ModelPair& pair, const std::vector<Comparison>& comparisons,
                                       const PairwiseJudging& judging);

/// head_to_head with the names, and how many instructions only one model has answered.
Json pair_summary(const ModelPair& pair, const std::vector<ComparedAnswers>& answers, const Seed& seed);

}  // namespace selfreward
