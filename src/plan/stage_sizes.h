#pragma once
// How much work the stages get at once: what memory_estimate.h asks for, out of rows and prompts.
#include "infer/settings.h"
#include "plan/memory_estimate.h"
#include "train/dpo.h"

namespace selfreward {

/// Tokens of a row of training data as its micro-batch counts them, those that are predicted, and what is computed:
/// the row's sequences, one or a pair's two. Rows that are not known have none.
struct RowSize {
  int64_t tokens = 0, targets = 0;
  std::vector<TokenIds> sequences = {};
};
std::vector<RowSize> sizes_of(const std::vector<SftRow>& rows);
std::vector<RowSize> sizes_of(const std::vector<DpoRow>& rows);

/// The largest tokens and targets of the micro-batches that a training of `rows` makes: those of its first
/// steps, which are most of the kinds there are. What rows of one begin with in common counts once.
MicroBatch largest_micro_batch(const std::vector<RowSize>& rows, const TrainSettings& settings,
                               const Seed& seed);
/// The same for rows that are not known yet: as many of this size as micro_batch_tokens allows.
MicroBatch full_micro_batch(const RowSize& row, const TrainSettings& settings);

/// Requests for `samples` answers each. `prompts` stand for what is asked: the first of them, or where there
/// are fewer, as many as are asked with prompts like these.
struct Requests {
  std::vector<TokenIds> prompts = {};
  int64_t count = 0, samples = 1, max_new_tokens = 0;
};
/// With answers of max_new_tokens: shorter ones need less.
GenerationLoad generation_load(const Requests& requests, const GenerationSettings& settings);

}  // namespace selfreward
