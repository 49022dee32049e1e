#include "plan/stage_sizes.h"

#include "infer/scheduler.h"
#include "model/tree/prefix_tree.h"
#include "train/shared_prefixes.h"
#include "train/steps.h"

namespace selfreward {
namespace {

constexpr int64_t kLookedAtSteps = 200;

/// The first `count` prompts, or all where there are fewer.
std::vector<TokenIds> first_prompts(const std::vector<TokenIds>& prompts, int64_t count) {
  std::vector<TokenIds> first;
  for (int64_t i = 0; i < std::min(count, std::ssize(prompts)); ++i)
    first.push_back(prompts[static_cast<size_t>(i)]);
  return first;
}

/// The tokens and targets of one micro-batch.
RowSize sum_of(const std::vector<RowSize>& rows, const std::vector<size_t>& batch) {
  RowSize sum;
  for (const size_t row : batch) {
    sum.tokens += rows[row].tokens;
    sum.targets += rows[row].targets;
    sum.sequences.insert(sum.sequences.end(), rows[row].sequences.begin(), rows[row].sequences.end());
  }
  if (sum.sequences.empty()) return sum;
  sum.tokens = 0;
  for (const PrefixNode& node : shared_prefixes(sum.sequences)) sum.tokens += std::ssize(node.tokens);
  return sum;
}

}  // namespace

std::vector<RowSize> sizes_of(const std::vector<SftRow>& rows) {
  std::vector<RowSize> sizes;
  for (const SftRow& row : rows) {
    const auto learnt = row.learnt.empty() ? std::ssize(row.response)
                                           : std::count(row.learnt.begin(), row.learnt.end(), true);
    sizes.push_back({std::ssize(row.prompt) + std::ssize(row.response),
                     learnt,
                     {computed_sequence(row.prompt, row.response)}});
  }
  return sizes;
}

std::vector<RowSize> sizes_of(const std::vector<DpoRow>& rows) {
  std::vector<RowSize> sizes;
  for (const DpoRow& row : rows) {
    const int64_t answers = std::ssize(row.chosen) + std::ssize(row.rejected);
    sizes.push_back(
        {std::ssize(row.prompt) + answers,
         answers,
         {computed_sequence(row.prompt, row.chosen), computed_sequence(row.prompt, row.rejected)}});
  }
  return sizes;
}

MicroBatch largest_micro_batch(const std::vector<RowSize>& rows, const TrainSettings& settings,
                               const Seed& seed) {
  MicroBatch largest;
  const int64_t steps = std::min(kLookedAtSteps, num_training_steps(settings, rows.size()));
  for (int64_t step = 0; step < steps; ++step) {
    const auto batches =
        micro_batches(rows_of_step(step, settings, rows.size(), seed), settings.micro_batch_tokens,
                      [&](size_t row) { return rows[row].tokens; });
    largest.several = largest.several || batches.size() > 1;
    for (const auto& batch : batches) {
      const RowSize sum = sum_of(rows, batch);
      largest.tokens = std::max(largest.tokens, sum.tokens);
      largest.targets = std::max(largest.targets, sum.targets);
    }
  }
  return largest;
}

MicroBatch full_micro_batch(const RowSize& row, const TrainSettings& settings) {
  const int64_t step = settings.train_batch_size * row.tokens;
  const int64_t tokens = std::max(row.tokens, std::min(step, settings.micro_batch_tokens));
  return {tokens, tokens * row.targets / row.tokens, step > settings.micro_batch_tokens};
}

GenerationLoad generation_load(const Requests& requests, const GenerationSettings& settings) {
  const int64_t asked = std::min(requests.count, settings.shard_size);
  const int64_t live = std::min(settings.max_batch_size, asked * requests.samples);
  const int64_t held = (live + requests.samples - 1) / requests.samples;  // prompts at once
  const auto known = first_prompts(requests.prompts, held);
  int64_t tokens = 0, slots = 0, longest = 0;
  for (const PrefixNode& node : build_prefix_tree(known)) {
    tokens += std::ssize(node.tokens);
    slots += whole_pages(std::ssize(node.tokens));
    longest = std::max(longest, std::ssize(node.tokens));
  }
  const auto for_all = [&](int64_t of_known) { return of_known * held / std::ssize(known); };
  const int64_t prefill = std::max(longest, std::min(for_all(tokens), kMaxPrefillTokens));
  const int64_t wanted = for_all(slots) + live * whole_pages(requests.max_new_tokens);
  return {std::max(prefill, live), live, std::min(wanted, settings.max_cache_tokens),
          settings.max_cache_tokens};
}

}  // namespace selfreward
