// Stages that train: SFT of M0, DPO of M_t, and the variant without rejected answers.
#include <cmath>

#include "base/format.h"
#include "recipe/early_stopping.h"
#include "recipe/judge_stopping.h"
#include "recipe/monitors.h"
#include "recipe/stages.h"
#include "report/model_card.h"
#include "report/tensorboard.h"
#include "run/load_policy.h"
#include "run/outputs.h"
#include "train/dpo.h"
#include "train/steps.h"

namespace selfreward {
namespace {

SftRows sft_rows(const Round& round, const Policy& policy, const std::vector<Example>& examples,
                 const TrainSettings& settings) {
  SftRows rows = make_sft_rows(policy.chat(), examples, settings.max_length, train_on(round.config.sft));
  if (rows.too_long + rows.untrained > 0)
    log_line("  rows: " + left_out_text(rows, str("max_length = ", settings.max_length)));
  return rows;
}

/// SFT of `policy`, which begin_training has seen, up to step `pause_at` (0: the end); goes on from its newest state.
void train_rows(const Round& round, Policy& policy, const std::vector<SftRow>& rows,
                const TrainSettings& settings, const std::string& name, int64_t pause_at) {
  TrainingFiles files = watched_training(round, name);
  files.pause_at = pause_at;
  train_sft(policy.model(), rows, settings,
            {root_seed(round.config).child("train", name), files, name + " SFT"});
  watch_trained(round, name);
}

/// SFT of `policy` in `round` into `output`; the state of a stopped training is taken
/// up, and removed at the end.
void train_and_save(const Round& round, Policy& policy, const std::vector<Example>& examples,
                    const TrainSettings& settings, const Output& output) {
  const RunConfig& config = round.config;
  round.run.take_up(output);
  const SftRows rows = sft_rows(round, policy, examples, settings);
  begin_training(config.lora, root_seed(config), policy);
  train_rows(round, policy, rows.rows, settings, output.name, /*pause_at=*/0);
  policy.save(output.paths.front(), config.model.save_dtype);
  round.run.forget_training_state(round.run.training(output.name));
}

std::vector<SftRow> replay_rows(const ChatFormat& chat, const std::vector<Example>& examples,
                                const RunConfig& config) {
  if (config.dpo.replay_batch_size == 0) return {};
  SftRows made = make_sft_rows(chat, examples, config.dpo.train.max_length, train_on(config.sft));
  if (made.too_long + made.untrained > 0)
    log_line("  examples to replay: " + left_out_text(made, "dpo.train.max_length"));
  return std::move(made.rows);
}

constexpr double kMostCopies = 1000;  // of one seed example

/// How often EFT is replayed for each time that IFT is, so that it has `share` of all. Throws Error where the seeds cannot be
/// mixed so.
double eft_times(double share, const SeedExamples& examples) {
  const auto ift = std::ssize(examples.ift), eft = std::ssize(examples.eft);
  check(eft > 0 && (ift > 0 || share == 1), "[dpo] dpo.replay_eft_share is ", share, ", but the seeds are ",
        ift, " IFT and ", eft, " EFT examples: there is nothing to mix; leave it out");
  if (share == 1) return 1;
  const double times = share / (1 - share) * static_cast<double>(ift) / static_cast<double>(eft);
  check(std::max(times, 1 / times) <= kMostCopies, "[dpo] dpo.replay_eft_share is ", share,
        ", but the seeds are ", ift, " IFT and ", eft, " EFT examples: some would be replayed more than ",
        kMostCopies, " times as often as others; take a share nearer to theirs");
  return times;
}

/// Adds `more` so many times over; which of them come once more for a part of a time is addressed chance.
void add_times(std::vector<Example>& rows, const std::vector<Example>& more, double times, const Seed& seed) {
  for (int64_t whole = 1; static_cast<double>(whole) <= times + 1e-9; ++whole)
    rows.insert(rows.end(), more.begin(), more.end());
  const double part = times - std::floor(times + 1e-9);
  for (const Example& example : more)
    if (seed.child(example.id).uniform(0) < part) rows.push_back(example);
}

/// All rows of a round are as sure as its two orders of the answers agree.
void label_by_consistency(const Round& round, DpoRows& rows) {
  const Json summary = read_json(round.run.round_summary(round.t));
  check(
      summary.contains("consistency"), "[dpo] round ", round.t,
      ": dpo.soft_label is consistency, but no prompt has answers that both the judge and the implicit reward tell "
      "apart");
  for (DpoRow& row : rows.rows) row.label = summary.at("consistency");
  log_line("  consistency of judge and implicit reward: " + significant(summary.at("consistency"), 3));
}

}  // namespace

void train_baseline(const RunConfig& config, RunDirectory& run, const SeedData& data) {
  if (is_checkpoint(run.sft_baseline())) return;
  log_line("sft_baseline: SFT of M0 on IFT alone");
  TrainSettings settings = config.sft;
  if (config.eft.baseline_max_steps > 0) settings.max_steps = config.eft.baseline_max_steps;
  Policy policy = load_policy(config.model, run.model(0));
  train_and_save({config, run, 0}, policy, data.ift, settings, baseline_output(config, run));
}

std::vector<Example> SeedExamples::all() const {
  std::vector<Example> examples = ift;
  examples.insert(examples.end(), eft.begin(), eft.end());
  return examples;
}

std::vector<Example> first_training_rows(const RunConfig& config, const SeedExamples& examples) {
  std::vector<Example> rows = examples.ift;
  const double epochs = config.sft.num_train_epochs;
  const double wanted = config.sft.eft_epochs == 0 ? epochs : config.sft.eft_epochs;
  add_times(rows, examples.eft, wanted / epochs, root_seed(config).child("eft_epochs"));
  return rows;
}

std::vector<Example> replayed_examples(const RunConfig& config, const SeedExamples& examples) {
  const double share = config.dpo.replay_eft_share;
  if (share == 0) return examples.all();
  const double times = eft_times(share, examples);
  if (share == 1) return examples.eft;
  const Seed seed = root_seed(config).child("replay_eft_share");
  std::vector<Example> rows;
  add_times(rows, examples.ift, std::max(1.0, 1 / times), seed);
  add_times(rows, examples.eft, std::max(1.0, times), seed);
  return rows;
}

void check_replay(const RunConfig& config, const SeedExamples& examples) {
  if (config.last_model > 1 && config.dpo.method == "dpo" && config.dpo.replay_eft_share > 0)
    eft_times(config.dpo.replay_eft_share, examples);
}

void train_first_model(const RunConfig& config, RunDirectory& run, const SeedData& data, const Rubric& rubric,
                       const SeedExamples& ift_and_eft) {
  log_line("M1: SFT of M0 on IFT + EFT");
  Policy policy = load_policy(config.model, run.model(0));
  const auto examples = first_training_rows(config, ift_and_eft);
  const Round round{config, run, 0};
  const Output output = first_model_output(config, run);
  if (config.eft.eval_steps == 0) return train_and_save(round, policy, examples, config.sft, output);
  run.take_up(output);
  const SftRows rows = sft_rows(round, policy, examples, config.sft);
  begin_training(config.lora, root_seed(config), policy);
  const auto train = [&](int64_t pause_at) {
    train_rows(round, policy, rows.rows, config.sft, output.name, pause_at);
  };
  train_judge_with_early_stopping(config, run, policy, rubric, judge_stopping_data(config, data, rubric),
                                  num_training_steps(config.sft, rows.rows.size()), train);
}

void train_next_model(const Round& round, Policy& policy, const std::vector<PreferencePair>& pairs,
                      const SeedExamples& ift_and_eft) {
  const RunConfig& config = round.config;
  RunDirectory& run = round.run;
  const int64_t t = round.t;
  const std::string name = model_name(t + 1);
  log_line(str(name, ": DPO of M", t, " on ", pairs.size(), " pairs"));
  run.take_up(next_model_output(config, run, t));
  DpoRows rows = make_dpo_rows(policy.chat(), pairs, config.dpo.train.max_length, config.dpo.soft_label);
  if (config.dpo.soft_label == "consistency") label_by_consistency(round, rows);
  if (!rows.dropped.empty()) log_line("  pairs left out: " + counts_text(rows.dropped));
  check(!rows.rows.empty(), "[dpo] round ", t,
        ": no pair is left to train on (left out: ", counts_text(rows.dropped),
        "); raise dpo.train.max_length, or look at the answers");
  const Reference reference = reference_log_probs(policy.model(), rows.rows, config.dpo);
  const std::vector<SftRow> replay =
      replay_rows(policy.chat(), replayed_examples(config, ift_and_eft), config);
  const auto train = [&](int64_t pause_at) {
    TrainingFiles files = watched_training(round, name);
    files.pause_at = pause_at;
    train_dpo(policy.model(), {rows.rows, reference}, replay, config.dpo,
              {root_seed(config).child("train", name), files, name + " DPO"});
    watch_trained(round, name);
  };
  if (config.dpo.eval_steps > 0)
    return train_with_early_stopping(round, policy, num_training_steps(config.dpo.train, rows.rows.size()),
                                     train);
  train(/*pause_at=*/0);
  policy.save(run.model(t + 1), config.model.save_dtype);
  run.forget_training_state(run.training(name));
}

void train_next_model_on_positives(const Round& round, Policy& policy, const std::vector<Example>& positives,
                                   const SeedExamples& ift_and_eft) {
  const RunConfig& config = round.config;
  RunDirectory& run = round.run;
  const int64_t t = round.t;
  check(!positives.empty(), "[dpo] round ", t,
        ": no answer has the full score, and dpo.method is positive_only: there is nothing new to train on");
  log_line(str(model_name(t + 1), ": SFT of ", model_name(t), " on the seeds and ", positives.size(),
               " answers with the full score"));
  std::vector<Example> examples = ift_and_eft.all();
  examples.insert(examples.end(), positives.begin(), positives.end());
  train_and_save(round, policy, examples, config.dpo.train, next_model_output(config, run, t));
}

void describe_models(const RunDirectory& run, const std::string& report_to) {
  write_model_cards(run);
  if (report_to == "tensorboard") write_round_events(run);
}

}  // namespace selfreward
