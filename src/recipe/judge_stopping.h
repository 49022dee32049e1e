#pragma once
// Early stopping of M1's training by its judge: every eft.eval_steps steps the model in training judges answers that it
// is not trained on; the step that orders most of them right becomes M1.
#include "feedback/judging/rubric.h"
#include "recipe/stopping.h"
#include "run/directory.h"
#include "run/seed_data.h"

namespace selfreward {

/// One look at the judge: a line of metrics.jsonl with eval_judge_accuracy, the share of pairs of one prompt's answers
/// that it orders as the ranks do (a tie is wrong).
struct JudgeLook {
  int64_t step = 0;
  double accuracy = 0;
};

/// What a series of looks has come to; the first of the best steps is the best.
StoppingState state_after(const std::vector<JudgeLook>& looks);

/// The looks among the lines of a metrics.jsonl, which may end in a torn line; none where the file is not there.
std::vector<JudgeLook> read_looks(const fs::path& metrics);

/// The answers of eft.eval_data with their ranks; where eft.source is verdicts, verdict rows as ranked answers
/// (feedback/verdicts.h). Throws Error where there are none, where a prompt is one of training or of the evaluation, or
/// where the judge cannot be asked about them.
std::vector<RankedAnswers> judge_stopping_data(const RunConfig& config, const SeedData& data,
                                               const Rubric& rubric);

/// Trains `policy` by `train` (to step `pause_at`, going on from the newest checkpoint) up to `total_steps` and leaves the
/// best step as run.model(1). Judgements are kept beside metrics.jsonl. A stopped call goes on to the same bytes.
void train_judge_with_early_stopping(const RunConfig& config, RunDirectory& run, const Policy& policy,
                                     const Rubric& rubric, const std::vector<RankedAnswers>& held_out,
                                     int64_t total_steps, const std::function<void(int64_t pause_at)>& train);

}  // namespace selfreward
