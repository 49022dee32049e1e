#pragma once
// The steps of the loop that combine several parts: each reads like its sentence in the paper, keeps its
// results in the run directory, and returns what is there already.
#include "feedback/judging/judge.h"
#include "feedback/pairs/preference_pairs.h"
#include "feedback/pairs/scored_candidates.h"
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

/// What M1 is trained on, and what later rounds replay.
struct SeedExamples {
  std::vector<Example> ift, eft;
  std::vector<Example> all() const;  // IFT first
};

/// The rows of M1's training: IFT, and EFT as many times as makes sft.eft_epochs of it in sft.num_train_epochs;
/// which rows stand there once more for a part of a time is addressed chance.
std::vector<Example> first_training_rows(const RunConfig& config, const SeedExamples& examples);

/// Throws Error where replayed_examples would, in a run that replays: before M1 is made, not after a round.
void check_replay(const RunConfig& config, const SeedExamples& examples);

/// What stands beside the pairs of DPO: all seeds, or with dpo.replay_eft_share those of one kind so many times more that
/// EFT has that share. Throws Error where a kind that is wanted has no examples.
std::vector<Example> replayed_examples(const RunConfig& config, const SeedExamples& examples);

/// M1 = SFT(M0, IFT + EFT), into run.model(1); with eft.eval_steps the step of it that judges best.
void train_first_model(const RunConfig& config, RunDirectory& run, const SeedData& data, const Rubric& rubric,
                       const SeedExamples& ift_and_eft);

/// New prompts of round t, unlike the seeds and those of earlier rounds.
std::vector<Prompt> new_prompts(const Round& round, Policy& policy, const SeedData& data);

/// The prompts that a checklist judge can ask about: where judge.requirements is M0 or self, those without requirements
/// get the list that the model writes; prompts that then have none are dropped and counted.
std::vector<Prompt> with_requirements(const Round& round, Policy& policy, const Rubric& rubric,
                                      std::vector<Prompt> prompts);

/// N candidates of M_t for each prompt.
std::vector<Candidate> candidates(const Round& round, Policy& policy, const std::vector<Prompt>& prompts);

/// The judge's scores of the candidates: by M_t itself, or by what config.judge.kind names.
std::vector<Judgement> judgements(const Round& round, Policy& policy, const Rubric& rubric,
                                  const std::vector<Prompt>& prompts,
                                  const std::vector<Candidate>& candidates);

/// log M_t - log M_{t-1} of each candidate, where config.pairs.keep or config.dpo.soft_label asks for it; else none.
std::vector<CandidateReward> implicit_rewards(const Round& round, const Policy& policy,
                                              const std::vector<Prompt>& prompts,
                                              const std::vector<Candidate>& candidates);

/// An earlier model's answers to the same prompts, judged by M_t, where config.pairs.choose is anchored; else none.
struct Anchors {
  std::vector<Candidate> answers;
  std::vector<Judgement> judgements;
};
Anchors anchors(const Round& round, Policy& policy, const Rubric& rubric, const std::vector<Prompt>& prompts);

/// Best against worst answer of each prompt, or what config.pairs says.
std::vector<PreferencePair> preference_pairs(const Round& round, const RoundAnswers& answers);

/// Pairs of M_t's own judgements, best and worst by its own comparison of them; none without pairs.meta_rubric.
std::vector<PreferencePair> pairs_of_judgements(const Round& round, Policy& policy, const Rubric& rubric,
                                                const RoundAnswers& answers);

/// M_{t+1} = DPO(M_t, reference = M_t, pairs), into run.model(t + 1).
void train_next_model(const Round& round, Policy& policy, const std::vector<PreferencePair>& pairs,
                      const SeedExamples& ift_and_eft);

/// The variant without rejected answers: M_{t+1} = SFT(M_t, seeds + answers with the full score).
void train_next_model_on_positives(const Round& round, Policy& policy, const std::vector<Example>& positives,
                                   const SeedExamples& ift_and_eft);

/// Model cards of all models that are there and, where `report_to` is "tensorboard", its file of the rounds.
void describe_models(const RunDirectory& run, const std::string& report_to);

}  // namespace selfreward
