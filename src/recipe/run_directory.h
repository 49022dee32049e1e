#pragma once
// Everything a run leaves on disk; the one place that spells file names (docs/formats.md lists them). A file
// under its final name is complete, so running the same command again goes on where a stopped run ended.
#include "base/progress.h"
#include "data/record_file.h"
#include "model/checkpoint.h"
#include "recipe/config.h"
#include "train/trainer.h"

namespace selfreward {

/// Where a run keeps what.
class RunPaths {
 public:
  explicit RunPaths(const RunConfig& config)
      : root_(config.run_dir), first_model_(config.model.model_name_or_path) {}

  const fs::path& root() const { return root_; }
  /// The checkpoint of M_t; M0 stays where the config says.
  fs::path model(int64_t t) const { return t == 0 ? first_model_ : model_dir(t); }
  bool has_model(int64_t t) const { return is_checkpoint(model(t)); }
  /// Whether M1 or its training is there, and not an evaluation of other checkpoints alone.
  bool has_run() const { return has_model(1) || fs::exists(training(1).dir); }
  fs::path sft_baseline() const { return root_ / "sft_baseline"; }

  /// M{t}/{name}.jsonl, seed/{name}.jsonl, sft_baseline/{name}.jsonl, evaluation/{model}/{name}.jsonl
  fs::path round_records(int64_t t, const std::string& name) const {
    return model_dir(t) / (name + ".jsonl");
  }
  fs::path seed_records(const std::string& name) const { return root_ / "seed" / (name + ".jsonl"); }
  fs::path baseline_records(const std::string& name) const { return sft_baseline() / (name + ".jsonl"); }
  fs::path evaluation() const { return root_ / "evaluation"; }
  fs::path evaluation_records(const std::string& model, const std::string& name) const {
    return evaluation() / model / (name + ".jsonl");
  }
  fs::path settings() const { return root_ / "config.yaml"; }
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

 private:
  fs::path model_dir(int64_t t) const { return root_ / str("M", t); }

  fs::path root_, first_model_;
};

/// The rows of warnings.jsonl; half a line, of a run that was killed, is left out.
std::vector<Json> read_warnings(const fs::path& file);
/// Without rows there is no file.
void write_warnings(const fs::path& file, const std::vector<Json>& rows);

/// A run directory that this process is at work in.
class RunDirectory : public RunPaths {
 public:
  /// Creates the directory. Another process at work in it is an error. What an earlier call left there is
  /// checked output by output (run_outputs.h), not here.
  explicit RunDirectory(const RunConfig& config);
  ~RunDirectory();
  RunDirectory(const RunDirectory&) = delete;
  RunDirectory& operator=(const RunDirectory&) = delete;

  /// Throws Error where a file from outside of the run, among the inputs of `output`, has changed since this
  /// call first looked at it: what was read of it then is not what stands there now.
  void check_given(const Output& output);
  /// check_given, then take_up (base/output.h).
  void take_up(const Output& output);
  /// Writes config.yaml: the settings of the last call, which are those of all outputs once these are
  /// checked.
  void keep_settings(const RunConfig& config) const;
  /// Removes the state that a finished training leaves behind (its metrics stay).
  void forget_training_state(const TrainingFiles& files) const;

  /// The records of `output`, made by `produce(RecordSink&)` where the file is not there yet; says what it
  /// does. Records of other inputs are an Error.
  template <typename Record, typename Produce>
  std::vector<Record> memo(const Output& output, Produce produce) {
    begin_stage(output.paths.front());
    check_given(output);
    return selfreward::memo<Record>(output, /*overwrite=*/false, produce);
  }
  /// The same of a file inside of a training's directory, which belongs to the model that is trained.
  template <typename Record, typename Produce>
  std::vector<Record> memo(const fs::path& path, Produce produce) {
    begin_stage(path);
    return selfreward::memo<Record>(path, produce);
  }

 private:
  void begin_stage(const fs::path& path) const;

  OutputLock lock_;
  std::map<fs::path, std::string> given_;  // files from outside and their contents
};

}  // namespace selfreward
