#pragma once
// Early stopping of DPO (paper, section 3.1.3): every dpo.eval_steps steps the model in training answers
// held-out prompts, and a judge compares its answers with those of the best model so far, which is M_t at
// first. The best one becomes M_t+1, and the training ends when nothing better comes.
#include "evaluate/statistics/win_rate.h"
#include "recipe/round.h"
#include "recipe/stopping.h"
#include "run/seed_data.h"

namespace selfreward {

/// One comparison: a line of metrics.jsonl with eval_wins, eval_ties, eval_losses, eval_missing,
/// eval_win_rate (ties half) and eval_against.
struct StepComparison {
  int64_t step = 0;
  int64_t against = 0;  // the step of the best model before; 0 is M_t
  WinRate rate;

  bool won() const { return rate.rate().value_or(0) > 0.5; }
};

/// What a series of comparisons has come to.
StoppingState state_after(const std::vector<StepComparison>& comparisons);

/// The comparisons among the lines of a metrics.jsonl, which may end in a torn line; none where the file is
/// not there.
std::vector<StepComparison> read_comparisons(const fs::path& metrics);

/// Throws Error where dpo.eval_prompts cannot be read or has prompts of the evaluation, by which no model may
/// be chosen.
void check_early_stopping(const RunConfig& config, const SeedData& data);

/// Trains `policy`, which is M_t of the round, by `train` (to step `pause_at`, going on from the newest checkpoint) up to
/// `total_steps`, and leaves the best model as run.model(t + 1). Answers and judgements are kept beside
/// metrics.jsonl, the comparisons in round.json too. A stopped call goes on to the same bytes.
void train_with_early_stopping(const Round& round, const Policy& policy, int64_t total_steps,
                               const std::function<void(int64_t pause_at)>& train);

}  // namespace selfreward
