#pragma once
// The outputs of a run's stages, each with all that it is made from. An output that is there, or begun, is
// taken up only where that is still the same; the loop asks for all of them before it does anything.
#include "run/directory.h"
#include "run/stage_inputs.h"

namespace selfreward {

/// The SFT baseline that writes judgements for EFT, these judgements, and the EFT examples.
Output baseline_output(const RunConfig& config, const RunPaths& run);
Output baseline_judgements_output(const RunConfig& config, const RunPaths& run);
Output eft_output(const RunConfig& config, const RunPaths& run);
/// M1.
Output first_model_output(const RunConfig& config, const RunPaths& run);

/// Whether the rounds need implicit rewards of their candidates.
bool needs_rewards(const RunConfig& config);

/// Of round t.
Output prompts_output(const RunConfig& config, const RunPaths& run, int64_t t);
Output checklists_output(const RunConfig& config, const RunPaths& run, int64_t t);
Output candidates_output(const RunConfig& config, const RunPaths& run, int64_t t);
Output judgements_output(const RunConfig& config, const RunPaths& run, int64_t t);
Output rewards_output(const RunConfig& config, const RunPaths& run, int64_t t);
/// The answers of pairs.anchor and what M_t says of them.
Output anchors_output(const RunConfig& config, const RunPaths& run, int64_t t);
Output anchor_judgements_output(const RunConfig& config, const RunPaths& run, int64_t t);
Output preferences_output(const RunConfig& config, const RunPaths& run, int64_t t);
/// What M_t says of its own judgements, where pairs.meta_rubric asks for it, and the pairs of them.
Output meta_judgements_output(const RunConfig& config, const RunPaths& run, int64_t t);
Output judgement_pairs_output(const RunConfig& config, const RunPaths& run, int64_t t);
/// M_{t+1}.
Output next_model_output(const RunConfig& config, const RunPaths& run, int64_t t);

/// M0's lists of requirements for the held-out ranked answers.
Output held_out_checklists_output(const RunConfig& config, const RunPaths& run);
/// Of the evaluation of one model, and of two that `judge` compares.
Output evaluated_answers_output(const RunConfig& config, const RunPaths& run, const NamedModel& model,
                                bool greedy);
Output held_out_judgements_output(const RunConfig& config, const RunPaths& run, const NamedModel& model);
Output pairwise_output(const RunConfig& config, const RunPaths& run, const NamedModel& judge,
                       const std::string& a, const std::string& b);

/// All outputs of a run, and those of an evaluation alone, in the order in which they are made.
std::vector<Output> run_outputs(const RunConfig& config, const RunPaths& run);
std::vector<Output> evaluation_outputs(const RunConfig& config, const RunPaths& run,
                                       const std::vector<NamedModel>& models);

/// Those that are there or begun and were made from something else, or from such an output.
std::vector<Output> outdated(const std::vector<Output>& outputs);

/// The names of those that are outdated. Without `overwrite` an Error, where there are any, that says what
/// differs and what would have to be made again.
std::vector<std::string> made_again(const std::vector<Output>& outputs, bool overwrite);

/// made_again, which are removed then.
std::vector<std::string> check_outputs(const std::vector<Output>& outputs, bool overwrite);

/// The same for outputs in a run directory, which remembers what the files from outside of it are now.
std::vector<std::string> check_outputs(RunDirectory& run, const std::vector<Output>& outputs, bool overwrite);

/// check_outputs of a whole run before it goes on; the run directory then has these settings.
void take_up_run(const RunConfig& config, RunDirectory& run, bool overwrite);

}  // namespace selfreward
