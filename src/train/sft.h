#pragma once
// Supervised fine-tuning: M0 -> M1 on IFT + EFT (section 2.1 of the paper).
#include "text/chat/format.h"
#include "train/steps.h"
#include "train/training_files.h"

namespace selfreward {

class CausalLM;

/// A tokenised SFT row: only the response is learnt, or what is marked of it.
struct SftRow {
  TokenIds prompt, response;
  std::vector<bool> learnt = {};  // of each token of the response; empty: all
};

/// Rows of examples, and how many were left out because they have more than max_length tokens, or because
/// marks leave no answer of them to train.
struct SftRows {
  std::vector<SftRow> rows;
  int64_t too_long = 0, untrained = 0;
};
SftRows make_sft_rows(const ChatFormat& chat, const std::vector<Example>& examples, int64_t max_length,
                      TrainOn train_on);
/// "2 longer than sft.max_length left out", and those without an answer to train where there are any; `limit`
/// names the setting.
std::string left_out_text(const SftRows& rows, const std::string& limit);

/// The setting sft.train_on.
TrainOn train_on(const SftSettings& settings);

/// Adds the gradient of weight * (negative log-likelihood per response token of the step's rows), computed in
/// micro-batches: normalised by the response tokens of all of them, so that any split gives the same gradient.
/// Returns that loss.
double accumulate_sft(CausalLM& model, const std::vector<SftRow>& all, const TrainingStep& step,
                      const TrainSettings& settings, double weight = 1.0);

/// Trains the model in place. Metrics: loss, num_tokens, grad_norm, learning_rate, epoch.
void train_sft(CausalLM& model, const std::vector<SftRow>& rows, const TrainSettings& settings,
               const TrainingRun& run);

}  // namespace selfreward
