// sft and dpo: one training alone, on files.
#include <cstdio>

#include "app/commands.h"
#include "base/paths.h"
#include "base/progress.h"
#include "data/readers.h"
#include "model/files/checkpoint_files.h"
#include "plan/dry_run.h"
#include "run/load_policy.h"
#include "run/outputs.h"
#include "train/dpo.h"

namespace selfreward {
namespace {

struct Options {
  ConfigOptions config;
  std::string model, out;
  std::vector<std::string> data, replay;
  bool dry_run = false, overwrite = false;
};

const CommandSettings kSft{"sft",
                           {"seed", "sft.", "lora.", "model.", "data.languages"},
                           {"model.model_name_or_path", "sft.eft_epochs"}};
const CommandSettings kDpo{"dpo",
                           {"seed", "dpo.", "sft.train_on", "lora.", "model.", "data.languages"},
                           {"model.model_name_or_path", "dpo.method", "dpo.replay_eft_share", "dpo.eval_",
                            "dpo.early_stopping_patience"}};

void add_common(Command command, Options& options, const char* out_help) {
  command.add_option("--model", options.model, "checkpoint to start from").required().type_name("DIR");
  command.add_option("--out", options.out, out_help).required().type_name("DIR");
  command.add_flag("--dry-run", options.dry_run,
                   "only print settings, work, memory estimates and the first example");
  add_overwrite(command, options.overwrite);
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

fs::path training_of(const Options& options) {
  return output_directory(options.out).string() + ".training";
}

/// Its settings, with the day on which the output was begun.
RunConfig config_of(const Options& options, const CommandSettings& command) {
  RunConfig config = options.config.load(command);
  settle_date(config, inputs_file(training_of(options)), options.overwrite);
  return config;
}

/// The model, with its training files beside it. An output that cannot be written, or was made from something
/// else, is an Error.
Output output_of(const Options& options, const RunConfig& config, const CommandSettings& command) {
  StageInputs inputs = StageInputs(config).settings(command.reads);
  inputs.checkpoint("--model", options.model).files("--data", options.data).files("--replay", options.replay);
  const fs::path dir = output_directory(options.out), training = training_of(options);
  check_replaceable(dir);
  if (options.overwrite || !is_checkpoint(dir)) check_nothing_else_is_lost(dir);
  check_policy(config.model, options.model);
  const bool only_begun = !is_checkpoint(dir) && fs::exists(training);
  const std::string name =
      only_begun ? str(dir.string(), ", begun in ", training.string(), ",") : dir.string();
  Output output = model_output(name, dir, training, inputs);
  if (!options.overwrite) check_outputs({output}, /*overwrite=*/false);
  return output;
}

std::vector<Example> read_all_examples(const std::vector<std::string>& files,
                                       const std::vector<std::string>& languages) {
  const auto read = [&](const std::string& file) { return read_examples(file, languages); };
  return read_all<Example>(files, read, "examples");
}

/// Trains by `train(policy, files)` what is not there yet, and saves the policy.
template <typename Train>
void make_model(const Options& options, const ModelSettings& settings, const Output& output, Train train) {
  const fs::path dir = output.paths.front();
  const OutputLock lock(dir);
  take_up(output, options.overwrite, kOverwriteRemedy);
  if (is_checkpoint(dir)) return log_line(dir.string() + " is there already, made from the same");
  Policy policy = load_policy(settings, options.model);
  train(policy, TrainingFiles{output.paths.back()});
  policy.save(dir, settings.save_dtype);
  log_line("wrote " + dir.string());
}

void run_sft(const Options& options) {
  const RunConfig config = config_of(options, kSft);
  const auto examples = read_all_examples(options.data, config.data.languages);
  const Output output = output_of(options, config, kSft);
  if (options.dry_run) {
    std::printf("%s", dry_run_sft(config, options.model, examples).c_str());
    return;
  }
  make_model(options, config.model, output, [&](Policy& policy, const TrainingFiles& files) {
    const SftRows rows = make_sft_rows(policy.chat(), examples, config.sft.max_length, train_on(config.sft));
    log_line(str(rows.rows.size(), " rows to train on, ", left_out_text(rows, "sft.max_length")));
    begin_training(config.lora, root_seed(config), policy);
    train_sft(policy.model(), rows.rows, config.sft, {root_seed(config), files, "SFT"});
  });
}

void check_dpo(const Options& options, const DpoSettings& dpo) {
  check(dpo.eval_steps == 0,
        "[dpo] dpo.eval_steps works in `run` alone, which has the model's round around it; set it to 0");
  check(
      dpo.soft_label != "consistency",
      "[dpo] dpo.soft_label consistency works in `run` alone, which has judge and rewards; set none or margin");
  check(dpo.method == "dpo", "[dpo] dpo.method is ", dpo.method,
        ", which trains on no pairs; `pairs --positive-only` writes its examples, and `sft` trains on them");
  check(options.replay.empty() == (dpo.replay_batch_size == 0), "[dpo] dpo.replay_batch_size is ",
        dpo.replay_batch_size, ", and --replay names ", options.replay.size(),
        " files: to replay examples both are needed, to replay none neither");
}

void train_on_pairs(const RunConfig& config, const std::vector<PreferencePair>& pairs,
                    const std::vector<Example>& replayed, Policy& policy, const TrainingFiles& files) {
  const int64_t max_length = config.dpo.train.max_length;
  const DpoRows rows = make_dpo_rows(policy.chat(), pairs, max_length, config.dpo.soft_label);
  log_line(str(rows.rows.size(), " pairs to train on; left out: ", counts_text(rows.dropped)));
  const SftRows replay = make_sft_rows(policy.chat(), replayed, max_length, train_on(config.sft));
  if (!replayed.empty())
    log_line(str(replay.rows.size(), " examples to replay, ", left_out_text(replay, "dpo.train.max_length")));
  begin_training(config.lora, root_seed(config), policy);
  const Reference reference = reference_log_probs(policy.model(), rows.rows, config.dpo);
  train_dpo(policy.model(), {rows.rows, reference}, replay.rows, config.dpo,
            {root_seed(config), files, "DPO"});
}

void run_dpo(const Options& options) {
  const RunConfig config = config_of(options, kDpo);
  check_dpo(options, config.dpo);
  const auto pairs = read_all<PreferencePair>(options.data, read_preferences, "pairs");
  const auto replayed = read_all_examples(options.replay, config.data.languages);
  const Output output = output_of(options, config, kDpo);
  if (options.dry_run) {
    std::printf("%s", dry_run_dpo(config, options.model, pairs, replayed).c_str());
    return;
  }
  make_model(options, config.model, output, [&](Policy& policy, const TrainingFiles& files) {
    train_on_pairs(config, pairs, replayed, policy, files);
  });
}

}  // namespace

void add_sft(Command app) {
  auto options = std::make_shared<Options>();
  Command command = app.add_command("sft", "supervised fine-tuning of a checkpoint (settings sft.*)");
  add_common(command, *options, "the trained checkpoint");
  command
      .add_option("--data", options->data,
                  "instruction data: chat messages, sharegpt, alpaca, prompt/completion, Open Assistant, ... "
                  "(docs/formats.md); JSON lines, JSON, Parquet, or a directory of them")
      .required()
      .type_name("FILE");
  command.callback([options] { run_sft(*options); });
}

void add_dpo(Command app) {
  auto options = std::make_shared<Options>();
  Command command = app.add_command(
      "dpo", "Direct Preference Optimization of a checkpoint, itself the reference (settings dpo.*)");
  add_common(command, *options, "the trained checkpoint");
  command
      .add_option("--data", options->data,
                  "preference pairs: TRL, UltraFeedback, HH, distilabel, ... (docs/formats.md), or "
                  "preferences.jsonl of a run")
      .required()
      .type_name("FILE");
  command
      .add_option("--replay", options->replay,
                  "seed examples trained beside the pairs (dpo.replay_batch_size of them a step)")
      .type_name("FILE");
  command.callback([options] { run_dpo(*options); });
}

}  // namespace selfreward
