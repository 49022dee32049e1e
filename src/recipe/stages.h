#pragma once
// The steps of the loop that combine several parts: each reads like its sentence in the paper, keeps its
// results in the run directory, and returns what is there already.
#include "feedback/judging/judge.h"
#include "feedback/preference_pairs.h"
#include "model/policy/policy.h"
#include "recipe/round.h"
#include "run/seed_data.h"

namespace selfreward {

/// The judging examples: the config's files, or judgements of ranked answers written by the SFT baseline (M0
/// trained on the IFT data alone) and kept where they agree with the ranks.
std::vector<Example> eft_examples(const RunConfig& config, RunDirectory& run, const SeedData& data,
                                  const Rubric& rubric);

/// Throws Error for what would end the run later on and is known now: judging examples without a score under
/// the rubric, nothing to judge or to evaluate, a checkpoint, rubric or rules of gold that cannot be read.
void check_before_work(const RunConfig& config, const SeedData& data, const Rubric& rubric);

/// The judging examples that no model has to write (eft.source is not self).
Filtered<Example> eft_without_model(const RunConfig& config, const SeedData& data, const Rubric& rubric);

/// M0 trained on the IFT data alone, into run.sft_baseline(), unless it is there.
void train_baseline(const RunConfig& config, RunDirectory& run, const SeedData& data);

/// M1 = SFT(M0, IFT + EFT), into run.model(1).
void train_first_model(const RunConfig& config, RunDirectory& run, const std::vector<Example>& ift_and_eft);

/// New prompts of round t, unlike the seeds and those of earlier rounds.
std::vector<Prompt> new_prompts(const Round& round, Policy& policy, const SeedData& data);

/// N candidates of M_t for each prompt.
std::vector<Candidate> candidates(const Round& round, Policy& policy, const std::vector<Prompt>& prompts);

/// The judge's scores of the candidates: by M_t itself, or by what config.judge.kind names.
std::vector<Judgement> judgements(const Round& round, Policy& policy, const Rubric& rubric,
                                  const std::vector<Prompt>& prompts,
                                  const std::vector<Candidate>& candidates);

/// Best against worst answer of each prompt.
std::vector<PreferencePair> preference_pairs(const Round& round, const std::vector<Prompt>& prompts,
                                             const std::vector<Candidate>& candidates,
                                             const std::vector<Judgement>& judgements);

/// M_{t+1} = DPO(M_t, reference = M_t, pairs), into run.model(t + 1).
void train_next_model(const Round& round, Policy& policy, const std::vector<PreferencePair>& pairs,
                      const std::vector<Example>& ift_and_eft);

/// The variant without rejected answers: M_{t+1} = SFT(M_t, seeds + answers with the full score).
void train_next_model_on_positives(const Round& round, Policy& policy, const std::vector<Example>& positives,
                                   const std::vector<Example>& ift_and_eft);

/// Model cards of all models that are there and, where `report_to` is "tensorboard", its file of the rounds.
void describe_models(const RunDirectory& run, const std::string& report_to);

}  // namespace selfreward
