#pragma once
// The paper's two axes for every model of a run: following instructions (true scores where the data has them,
// head-to-head win rates) and judging answers (agreement with ranks), with null judges beside it.
#include "feedback/judging/rubric.h"
#include "model/policy/policy.h"
#include "run/seed_data.h"

namespace selfreward {

/// Where the draws of all evaluations begin.
inline Seed evaluation_seed(const RunConfig& config) {
  return root_seed(config).child("evaluate");
}

/// A model of an evaluation; `policy` gives its weights where something has to be made by them.
struct EvaluatedModel {
  NamedModel named;
  std::function<Policy&()> policy;
};

/// The model's judgements of the held-out ranked answers, as evaluate_models needs them: made once, also
/// while the run goes on. Empty where there are no such answers.
std::vector<Judgement> judge_held_out(const RunConfig& config, RunDirectory& run, const EvaluatedModel& model,
                                      const std::vector<RankedAnswers>& held_out, const Rubric& rubric);

/// Throws Error where evaluate_models would, for want of prompts or of a file.
void check_evaluation(const RunConfig& config, const SeedData& data);

/// Throws Error where one of the models could not judge the held-out answers: a requirement that is missing, a verdict
/// that its tokenizer cannot spell.
void check_evaluated_judges(const JudgeSettings& judge, const SeedData& data,
                            const std::vector<NamedModel>& models, const Rubric& rubric);

/// Evaluates the models on the held-out data and writes evaluation.json. Answers and judgements are kept in
/// evaluation/{name}/ and not made again. The last model is the judge of head-to-head comparisons.
void evaluate_models(const RunConfig& config, RunDirectory& run, const std::vector<NamedModel>& models,
                     const SeedData& data, const Rubric& rubric);

}  // namespace selfreward
