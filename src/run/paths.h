#pragma once
// Everything that a run leaves on disk: the one place that spells file names (docs/formats.md lists them).
#include <optional>

#include "config/config.h"
#include "model/files/checkpoint_files.h"
#include "train/training_files.h"

namespace selfreward {

/// "M3" of 3: what a model is called, and the directory that it shares with the records of its round.
std::string model_name(int64_t t);
/// 3 of "M3"; empty for any other name.
std::optional<int64_t> model_number(const std::string& name);

/// Where a run keeps what.
class RunPaths {
 public:
  explicit RunPaths(const RunConfig& config)
      : root_(config.run_dir), first_model_(config.model.model_name_or_path) {}
  /// Of a run that is read from its files alone, where M0 is not asked for.
  explicit RunPaths(fs::path root) : root_(std::move(root)) {}

  const fs::path& root() const { return root_; }
  /// The checkpoint of M_t; M0 stays where the config says.
  fs::path model(int64_t t) const { return t == 0 ? first_model_ : round(t); }
  bool has_model(int64_t t) const { return is_checkpoint(model(t)); }
  /// Whether M1 or its training is there, and not an evaluation of other checkpoints alone.
  bool has_run() const { return has_model(1) || fs::exists(training(1).dir); }
  fs::path model_card(int64_t t) const { return round(t) / "README.md"; }
  fs::path sft_baseline() const { return root_ / "sft_baseline"; }

  /// M{t}/{name}.jsonl, seed/{name}.jsonl, sft_baseline/{name}.jsonl, evaluation/{model}/{name}.jsonl
  fs::path round_records(int64_t t, const std::string& name) const { return round(t) / (name + ".jsonl"); }
  fs::path seed_records(const std::string& name) const { return root_ / "seed" / (name + ".jsonl"); }
  fs::path baseline_records(const std::string& name) const { return sft_baseline() / (name + ".jsonl"); }
  fs::path evaluation() const { return root_ / "evaluation"; }
  fs::path evaluation_records(const std::string& model, const std::string& name) const {
    return evaluation() / model / (name + ".jsonl");
  }
  fs::path settings() const { return root_ / "config.yaml"; }
  fs::path round_summary(int64_t t) const { return round(t) / "round.json"; }
  /// Whether round t was begun or summed up.
  bool has_round(int64_t t) const {
    return fs::exists(round_summary(t)) || fs::exists(round_records(t, "prompts"));
  }
  /// What the monitors read off round t, and the warnings of the whole run.
  fs::path round_monitors(int64_t t) const { return round(t) / "monitors.json"; }
  /// What `selfreward top` looks at while the run goes on.
  fs::path progress() const { return root_ / ".progress.json"; }
  /// Held by the process that is at work in the run.
  fs::path lock() const { return root_ / ".lock"; }
  fs::path warnings() const { return root_ / "warnings.jsonl"; }
  fs::path seed_summary() const { return root_ / "seed" / "summary.json"; }
  fs::path evaluation_summary() const { return root_ / "evaluation.json"; }
  /// What `selfreward evaluate reward` found.
  fs::path reward_summary() const { return root_ / "reward.json"; }
  fs::path report() const { return root_ / "report.html"; }
  /// metrics.jsonl and checkpoints of the training of "M1", "sft_baseline", ...
  TrainingFiles training(const std::string& name) const { return {trainings() / name}; }
  TrainingFiles training(int64_t t) const { return training(model_name(t)); }
  fs::path trainings() const { return root_ / "training"; }

 private:
  fs::path round(int64_t t) const { return root_ / model_name(t); }

  fs::path root_, first_model_;
};

/// A checkpoint under the name that tables give it.
struct NamedModel {
  std::string name;
  fs::path dir;
};
/// M0 .. M{last_model} of a run.
std::vector<NamedModel> models_of(const RunPaths& run, int64_t last_model);

}  // namespace selfreward
