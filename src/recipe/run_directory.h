#pragma once
// Everything a run leaves on disk; the one place that spells file names (docs/formats.md lists them). A file
// under its final name is complete, so running the same command again goes on where a stopped run ended.
#include "base/progress.h"
#include "data/record_file.h"
#include "model/checkpoint.h"
#include "recipe/config.h"
#include "train/trainer.h"

namespace selfreward {

/// Fixes what a run shall keep when it goes on another day: an empty chat_template_date becomes the one that
/// the run in run_dir was started with, or today.
void settle_date(RunConfig& config);

/// Throws Error where an earlier run in run_dir has settings that this one must not change.
void check_earlier_settings(const RunConfig& config);

class RunDirectory {
 public:
  /// Creates the directory and its config.yaml, or checks that a directory of an earlier run has the same
  /// settings (last_model may grow). Another process at work in it is an error.
  explicit RunDirectory(const RunConfig& config);
  ~RunDirectory();
  RunDirectory(const RunDirectory&) = delete;
  RunDirectory& operator=(const RunDirectory&) = delete;

  const fs::path& root() const { return root_; }
  /// The checkpoint of M_t; M0 stays where the config says.
  fs::path model(int64_t t) const;
  bool has_model(int64_t t) const { return is_checkpoint(model(t)); }
  fs::path sft_baseline() const { return root_ / "sft_baseline"; }

  /// M{t}/{name}.jsonl, seed/{name}.jsonl, sft_baseline/{name}.jsonl, evaluation/{model}/{name}.jsonl
  fs::path round_records(int64_t t, const std::string& name) const;
  fs::path seed_records(const std::string& name) const { return root_ / "seed" / (name + ".jsonl"); }
  fs::path baseline_records(const std::string& name) const { return sft_baseline() / (name + ".jsonl"); }
  fs::path evaluation_records(const std::string& model, const std::string& name) const;
  fs::path round_summary(int64_t t) const { return model_dir(t) / "round.json"; }
  /// What the monitors read off round t, and the warnings of the whole run.
  fs::path round_monitors(int64_t t) const { return model_dir(t) / "monitors.json"; }
  /// What `selfreward top` looks at while the run goes on.
  fs::path progress() const { return root_ / ".progress.json"; }
  fs::path warnings() const { return root_ / "warnings.jsonl"; }
  fs::path seed_summary() const { return root_ / "seed" / "summary.json"; }
  fs::path evaluation_summary() const { return root_ / "evaluation.json"; }
  fs::path report() const { return root_ / "report.html"; }
  /// metrics.jsonl and checkpoints of the training of "M1", "sft_baseline", ...
  TrainingFiles training(const std::string& name) const { return {root_ / "training" / name}; }
  TrainingFiles training(int64_t t) const { return training(str("M", t)); }
  /// The state that a finished training leaves behind (its metrics stay).
  void forget_training_state(const TrainingFiles& files) const;

  /// The records of `path`, made by `produce(RecordSink&)` where the file is not there yet; says what it
  /// does.
  template <typename Record, typename Produce>
  std::vector<Record> memo(const fs::path& path, Produce produce) {
    const bool ready = fs::exists(path);
    const std::string name = fs::relative(path, root_).string();
    if (!ready) log_line(name);
    name_stage(name);
    return selfreward::memo<Record>(path, produce);
  }

 private:
  fs::path model_dir(int64_t t) const { return root_ / str("M", t); }

  fs::path root_, first_model_;
  int lock_ = -1;
};

}  // namespace selfreward
