// sft and dpo: one training alone, on files.
#include <cstdio>

#include "app/commands.h"
#include "base/progress.h"
#include "data/readers.h"
#include "recipe/dry_run.h"
#include "train/dpo.h"

namespace selfreward {
namespace {

struct Options {
  ConfigOptions config;
  std::string model, out;
  std::vector<std::string> data, replay;
  bool dry_run = false;
};

void add_common(CLI::App& command, Options& options, const char* out_help) {
  command.add_option("--model", options.model, "checkpoint to start from")->required()->type_name("DIR");
  command.add_option("--out", options.out, out_help)->required()->type_name("DIR");
  command.add_flag("--dry-run", options.dry_run,
                   "only print settings, work, memory estimates and the first example");
  options.config.add_to(command);
}

template <typename Record, typename Read>
std::vector<Record> read_all(const std::vector<std::string>& files, Read read, const char* what) {
  std::vector<Record> records;
  for (const std::string& file : files) {
    const Filtered<Record> part = read(file);
    log_line(str(file, ": ", part.records.size(), " ", what,
                 part.dropped.empty() ? "" : "; left out: " + left_out_text(part)));
    records.insert(records.end(), part.records.begin(), part.records.end());
  }
  check(files.empty() || !records.empty(), "[data] no ", what,
        " are left to train on; `selfreward inspect data` shows why");
  return records;
}

std::vector<Example> read_all_examples(const std::vector<std::string>& files, const RunConfig& config) {
  const auto read = [&](const std::string& file) { return read_examples(file, config.data.languages); };
  return read_all<Example>(files, read, "examples");
}

/// Training files stand beside the model that they make; a finished model ends the command at once.
TrainingFiles files_of(const Options& options) {
  return {options.out + ".training"};
}

bool is_finished(const Options& options) {
  if (!is_checkpoint(options.out)) return false;
  log_line(options.out + " is there already; remove it to train again");
  return true;
}

void save(const Policy& policy, const Options& options, const RunConfig& config) {
  policy.save(options.out, config.model.save_dtype);
  log_line("wrote " + options.out);
}

void run_sft(const Options& options) {
  if (!options.dry_run && is_finished(options)) return;
  const RunConfig config = options.config.load();
  const auto examples = read_all_examples(options.data, config);
  if (options.dry_run) {
    std::printf("%s", dry_run_sft(config, options.model, examples).c_str());
    return;
  }
  Policy policy = load_policy(config, options.model);
  const SftRows rows = make_sft_rows(policy.chat(), examples, config.sft.max_length, train_on(config.sft));
  log_line(str(rows.rows.size(), " rows to train on, ", left_out_text(rows, "sft.max_length")));
  begin_training(config, policy);
  train_sft(policy.model(), rows.rows, config.sft, Seed(static_cast<uint64_t>(config.seed)),
            files_of(options), "SFT");
  save(policy, options, config);
}

void run_dpo(const Options& options) {
  if (!options.dry_run && is_finished(options)) return;
  const RunConfig config = options.config.load();
  check(config.dpo.eval_steps == 0,
        "[dpo] dpo.eval_steps works in `run` alone, which has the model's round around it; set it to 0");
  const std::vector<PreferencePair> pairs = read_all<PreferencePair>(options.data, read_preferences, "pairs");
  const auto replayed = read_all_examples(options.replay, config);
  if (options.dry_run) {
    std::printf("%s", dry_run_dpo(config, options.model, pairs, replayed).c_str());
    return;
  }
  Policy policy = load_policy(config, options.model);
  const DpoRows rows = make_dpo_rows(policy.chat(), pairs, config.dpo.train.max_length);
  log_line(str(rows.rows.size(), " pairs to train on, ", rows.too_long,
               " longer than dpo.train.max_length left out"));
  begin_training(config, policy);
  const Reference reference =
      reference_log_probs(policy.model(), rows.rows, config.dpo.train.micro_batch_tokens);
  const Replay replay{
      make_sft_rows(policy.chat(), replayed, config.dpo.train.max_length, train_on(config.sft)).rows,
      config.dpo.replay_batch_size};
  train_dpo(policy.model(), rows.rows, reference, replay, config.dpo,
            Seed(static_cast<uint64_t>(config.seed)), files_of(options), "DPO");
  save(policy, options, config);
}

}  // namespace

void add_sft(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("sft", "supervised fine-tuning of a checkpoint (settings sft.*)");
  add_common(*command, *options, "the trained checkpoint");
  command
      ->add_option(
          "--data", options->data,
          "instruction data: chat messages, sharegpt, alpaca, prompt/completion, Open Assistant, ... "
          "(docs/formats.md); JSON lines, JSON, Parquet, or a directory of them")
      ->required()
      ->type_name("FILE");
  command->callback([options] { run_sft(*options); });
}

void add_dpo(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "dpo", "Direct Preference Optimization of a checkpoint, itself the reference (settings dpo.*)");
  add_common(*command, *options, "the trained checkpoint");
  command
      ->add_option("--data", options->data,
                   "preference pairs: TRL, UltraFeedback, HH, distilabel, ... (docs/formats.md), or "
                   "preferences.jsonl of "
                   "a run")
      ->required()
      ->type_name("FILE");
  command
      ->add_option("--replay", options->replay,
                   "seed examples trained beside the pairs (dpo.replay_batch_size of them a step)")
      ->type_name("FILE");
  command->callback([options] { run_dpo(*options); });
}

}  // namespace selfreward
