#pragma once
// The monitors of a run under way. Each looks at a stage as soon as it is done, writes what it reads into
// M{t}/monitors.json, and prints and adds what is beyond its limit to warnings.jsonl, once: running again
// adds nothing. A warning that monitor.stop names is thrown as Error; the same command with another limit
// goes on.
#include <functional>

#include "feedback/judging/rubric.h"
#include "model/policy/policy.h"
#include "recipe/round.h"
#include "run/seed_data.h"

namespace selfreward {

void watch_prompts(const MonitorSettings& limits, const RunDirectory& run, int64_t t,
                   const std::vector<Prompt>& prompts, const SeedData& data);
void watch_candidates(const MonitorSettings& limits, const RunDirectory& run, int64_t t,
                      const std::vector<Candidate>& candidates);
void watch_judgements(const MonitorSettings& limits, const RunDirectory& run, int64_t t,
                      const std::vector<Judgement>& judgements);
/// After write_round_summary, whose file it reads.
void watch_pairs(const MonitorSettings& limits, const RunDirectory& run, int64_t t,
                 const std::vector<PreferencePair>& pairs);

/// The files of the training M_t -> M_t+1 (t is 0 for every SFT before round 1), with monitors and, with
/// report_to, TensorBoard's events of every logged step.
TrainingFiles watched_training(const Round& round, const std::string& name);
/// Once the training is done.
void watch_trained(const Round& round, const std::string& name);

/// Lets M_t judge the held-out ranked answers, which its evaluation needs anyway, and compares it with M1.
/// Nothing where there are none, or without evaluation.
void watch_judge(const Round& round, Policy& policy, const SeedData& data, const Rubric& rubric);

/// Warnings about the models of evaluation.json, under the round of the last one; they never stop, as nothing
/// is left to do.
void watch_evaluation(const MonitorSettings& limits, const RunDirectory& run, int64_t last_model);

}  // namespace selfreward
