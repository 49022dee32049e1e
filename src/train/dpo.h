#pragma once
// Direct Preference Optimization: M_t -> M_t+1 on its own preference pairs (section 2.3 of the paper).
#include "train/sft.h"

namespace selfreward {

/// A tokenised pair.
struct DpoRow {
  TokenIds prompt, chosen, rejected;
  double label = 1;  // P(the chosen answer is the better one), where settings.soft_label is on
};

/// Rows of `pairs`: the sampled ids where a pair has them, else tokenised by the chat template. Left out and
/// counted: "longer_than_max_length", and "same_tokens", pairs whose answers are one to the model. With
/// soft_label "margin" a row's label is the sigmoid of the difference of its scores; a pair without scores is an Error.
struct DpoRows {
  std::vector<DpoRow> rows;
  std::map<std::string, int64_t> dropped;  // by reason
};
DpoRows make_dpo_rows(const ChatFormat& chat, const std::vector<PreferencePair>& pairs, int64_t max_length,
                      const std::string& soft_label = "none");

/// The reference M_t, frozen as what DPO needs of it: log p of both answers of every pair. No second model.
struct Reference {
  std::vector<double> chosen, rejected;  // [pairs], sums over tokens, weighted by settings.ld_alpha
};
/// Computed by the policy itself, without dropout, before its first update.
Reference reference_log_probs(const CausalLM& model, const std::vector<DpoRow>& rows,
                              const DpoSettings& settings);

/// Pairs with what the reference says of each; both are kept by the caller.
struct ReferencedPairs {
  const std::vector<DpoRow>& rows;
  const Reference& reference;
};

/// Adds the gradient of one step (without replay), in micro-batches whose split changes nothing. Returns its
/// metrics.
Json accumulate_dpo(CausalLM& model, const ReferencedPairs& pairs, const TrainingStep& step,
                    const DpoSettings& settings);

/// Trains the model in place; the loss of a step is the mean over its pairs of dpo_loss, plus rpo_alpha times
/// the negative log-likelihood of its chosen tokens (their mean, as TRL's "sft" loss), plus replay_weight
/// times the replay's. Metrics are TRL's: loss, rewards/{chosen,rejected,margins,accuracies},
/// logps/{chosen,rejected}, ...
/// `replay`: seed examples, settings.replay_batch_size of them beside the pairs of each step, so that the judge
/// does not forget.
void train_dpo(CausalLM& model, const ReferencedPairs& pairs, const std::vector<SftRow>& replay,
               const DpoSettings& settings, const TrainingRun& run);

}  // namespace selfreward
