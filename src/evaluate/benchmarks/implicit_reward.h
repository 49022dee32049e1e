#pragma once
// DPO's implicit reward: beta (log pi(y|x) - log ref(y|x)) of a trained policy pi against its reference
// (Rafailov et al. 2023, arXiv 2305.18290, equation 5). It orders answers as a judge's scores do.
#include "data/record_file.h"
#include "evaluate/statistics/reward_metrics.h"
#include "feedback/pairs/candidate_reward.h"
#include "model/policy/policy.h"
#include "train/settings.h"

namespace selfreward {

/// log p of one ranked answer under one model; absent where prompt and answer do not fit its context.
struct AnswerLogProb {
  std::string prompt_id;
  int64_t index = 0;
  std::optional<double> logp;  // sum over the answer's tokens, the end of its turn among them
};
void to_json(Json& json, const AnswerLogProb& value);
void from_json(const Json& json, AnswerLogProb& value);

/// Appends log p of every answer, prompt by prompt, in forwards of at most `micro_batch_tokens` tokens.
/// Counted: "too_long".
void answer_log_probs(const Policy& policy, const std::vector<RankedAnswers>& ranked,
                      int64_t micro_batch_tokens, int64_t shard_size, RecordSink<AnswerLogProb>& out);

/// The same of candidates, as they were sampled, under two models: what a round's implicit rewards are. Answers of a
/// prompt that is not among `prompts` are an Error.
void candidate_rewards(const Policy& policy, const Policy& before, const std::vector<Prompt>& prompts,
                       const std::vector<Candidate>& candidates, const TrainSettings& batching,
                       int64_t shard_size, RecordSink<CandidateReward>& out);

/// How well two orders of each prompt's answers agree, of 0 to 1: the mean of (tau + 1) / 2 over the prompts, with
/// Kendall's tau-b of the judge's scores and the implicit rewards (CREAM, Wang et al. 2024, arXiv 2410.12735, section
/// 4.3, compares two rounds' rewards so). Absent where no prompt has two different ones of both.
std::optional<double> consistency(const std::vector<Judgement>& judgements,
                                  const std::vector<CandidateReward>& rewards);

/// The implicit reward of every answer, beside the human ranks. The log-probs of both models are those of all
/// answers of `ranked`, in order.
std::vector<ScoredAnswers> implicit_rewards(const std::vector<RankedAnswers>& ranked,
                                            const std::vector<AnswerLogProb>& policy,
                                            const std::vector<AnswerLogProb>& reference, double beta);

}  // namespace selfreward
