// The dry runs of SFT and of DPO alone.
#include "plan/dry_run.h"
#include "plan/plan.h"
#include "plan/stage_sizes.h"
#include "train/steps.h"

namespace selfreward {
namespace {

std::string work_text(const char* what, size_t rows, const std::string& left_out,
                      const TrainSettings& settings) {
  return section(
      "work", line(what, str(rows, "; ", left_out)) + line("steps", str(num_training_steps(settings, rows))));
}

/// The largest micro-batch of the pairs and of the examples that are replayed.
MicroBatch with_replay(MicroBatch pairs, const std::vector<SftRow>& replay, const DpoSettings& dpo,
                       const Seed& seed) {
  if (dpo.replay_batch_size == 0 || replay.empty()) return pairs;
  TrainSettings settings = dpo.train;
  settings.train_batch_size = dpo.replay_batch_size;
  const MicroBatch more = largest_micro_batch(sizes_of(replay), settings, seed.child("replay"));
  return {std::max(pairs.tokens, more.tokens), std::max(pairs.targets, more.targets), /*several=*/true};
}

}  // namespace

std::string dry_run_sft(const RunConfig& config, const fs::path& model,
                        const std::vector<Example>& examples) {
  DryRunPlan plan = plan_for(config, model);
  plan.rows = make_sft_rows(plan.model.chat, examples, config.sft.max_length, train_on(config.sft));
  add_sft(plan, root_seed(config));
  return text_of(
      plan, work_text("rows", plan.rows.rows.size(), left_out_text(plan.rows, "sft.max_length"), config.sft));
}

std::string dry_run_dpo(const RunConfig& config, const fs::path& model,
                        const std::vector<PreferencePair>& pairs, const std::vector<Example>& replay) {
  DryRunPlan plan = plan_for(config, model);
  const TrainSettings& train = config.dpo.train;
  const DpoRows rows = make_dpo_rows(plan.model.chat, pairs, train.max_length, config.dpo.soft_label);
  const SftRows replayed = make_sft_rows(plan.model.chat, replay, train.max_length, train_on(config.sft));
  check(!rows.rows.empty(), "[train] DPO: there are no rows to train on");
  const MicroBatch batch = largest_micro_batch(sizes_of(rows.rows), train, root_seed(config));
  plan.memory.push_back(reference_memory(plan.network, batch));
  plan.memory.push_back(training_memory(
      "DPO", plan.network, with_replay(batch, replayed.rows, config.dpo, root_seed(config)), train));
  add_example(plan, "DPO", pair_text(plan.model.chat.tokenizer(), rows.rows[0]));
  return text_of(plan, work_text("pairs", rows.rows.size(), "left out: " + counts_text(rows.dropped), train));
}

}  // namespace selfreward
