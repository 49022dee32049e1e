#include "train/trainer.h"

#include "base/format.h"
#include "base/interrupt.h"
#include "base/metrics.h"
#include "base/progress.h"
#include "model/files/safetensors.h"
#include "model/ops/device.h"
#include "model/policy/causal_lm.h"
#include "train/schedule.h"

namespace selfreward {
namespace {

constexpr const char* kStateFile = "training_state.safetensors";

fs::path checkpoint_dir(const TrainingFiles& files, int64_t step) {
  return files.dir / str("checkpoint-", step);
}

/// Steps of the complete checkpoints, ascending. Temporary directories do not count.
std::vector<int64_t> checkpoint_steps(const TrainingFiles& files) {
  std::vector<int64_t> steps;
  const std::string prefix = "checkpoint-";
  if (!fs::exists(files.dir)) return steps;
  for (const auto& entry : fs::directory_iterator(files.dir)) {
    const std::string name = entry.path().filename().string();
    if (name.rfind(prefix, 0) == 0 &&
        name.find_first_not_of("0123456789", prefix.size()) == std::string::npos)
      steps.push_back(std::stoll(name.substr(prefix.size())));
  }
  std::sort(steps.begin(), steps.end());
  return steps;
}

void save_checkpoint(const AdamW& optimizer, const TrainingFiles& files) {
  const auto older = checkpoint_steps(files);
  const fs::path final_dir = checkpoint_dir(files, optimizer.steps());
  const fs::path partial = final_dir.string() + ".tmp";
  fs::remove_all(partial);
  make_directories(partial);
  write_safetensors(partial / kStateFile, optimizer.state());
  commit_path(partial, final_dir);
  for (const int64_t step : older) fs::remove_all(checkpoint_dir(files, step));
}

void resume(AdamW& optimizer, const TrainingFiles& files) {
  const auto steps = checkpoint_steps(files);
  if (steps.empty()) return;
  optimizer.load_state(read_safetensors(checkpoint_dir(files, steps.back()) / kStateFile), steps.back());
  log_line(str("  going on after step ", steps.back()));
}

/// Keeps the lines of metrics.jsonl up to `step`; later ones will be written again.
void cut_metrics(const TrainingFiles& files, const fs::path& path, int64_t step) {
  if (!fs::exists(path)) return;
  std::string kept;
  for (const std::string& line : read_lines(path)) {
    const Json metrics = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!metrics.is_object() || metrics.value("step", step + 1) > step) continue;
    kept += line + "\n";
    if (files.logged) files.logged(metrics);
  }
  write_file_atomically(path, kept);
}

/// Saves the state before it throws, where there is a step that is not on the disk yet.
void stop_if_interrupted(const AdamW& optimizer, const TrainingFiles& files) {
  if (!stop_is_requested()) return;
  const auto saved = checkpoint_steps(files);
  if (optimizer.steps() > (saved.empty() ? 0 : saved.back())) save_checkpoint(optimizer, files);
  throw_if_interrupted();
}

}  // namespace

void run_training(CausalLM& model, const TrainSettings& settings, size_t num_rows, const TrainingRun& run,
                  const AccumulateStep& accumulate) {
  const TrainingFiles& files = run.files;
  check(num_rows > 0, "[train] ", run.label, ": there are no rows to train on");
  make_directories(files.dir);
  const int64_t total = num_training_steps(settings, num_rows);
  const int64_t end = files.pause_at > 0 ? std::min(total, files.pause_at) : total;
  const DeterministicScope deterministic(model.device());
  model.recompute_layers(settings.gradient_checkpointing);
  AdamW optimizer(model, settings);
  resume(optimizer, files);
  const fs::path metrics_path = files.metrics();
  cut_metrics(files, metrics_path, optimizer.steps());
  MetricsLog log(metrics_path);
  Progress progress(run.label, total, "steps", optimizer.steps());
  while (optimizer.steps() < end) {
    stop_if_interrupted(optimizer, files);
    const int64_t step = optimizer.steps();
    const double factor =
        schedule_factor(settings.lr_scheduler_type, step, settings.warmup_steps, total, settings.min_lr_rate);
    Json metrics =
        accumulate({step, rows_of_step(step, settings, num_rows, run.seed, run.shuffle), run.seed});
    const double learning_rate = settings.learning_rate * factor;
    Json line{{"step", step + 1}, {"epoch", epochs_of(step + 1, settings, num_rows)}};
    line.update(metrics);
    line["grad_norm"] = optimizer.step(learning_rate);
    line["learning_rate"] = learning_rate;
    if ((step + 1) % settings.logging_steps == 0 || step + 1 == total) {
      log.write(line);
      if (files.logged) files.logged(line);
    }
    progress.update(step + 1, "loss " + significant(metrics.at("loss").get<double>(), 4));
    const bool due = settings.save_steps > 0 && (step + 1) % settings.save_steps == 0;
    if ((due || step + 1 == end) && step + 1 < total) save_checkpoint(optimizer, files);
  }
}

std::optional<Dropout> make_dropout(const CausalLM& model, const TrainSettings& settings,
                                    const TrainingStep& step, int64_t micro_batch) {
  const double adapter = model.adapter() ? model.adapter()->lora_dropout : 0;
  if (settings.dropout == 0 && adapter == 0) return std::nullopt;
  Dropout dropout{settings.dropout, adapter, at::globalContext().defaultGenerator(model.device()).clone()};
  dropout.generator.set_current_seed(step.seed.child("dropout", step.number, micro_batch).key());
  return dropout;
}

}  // namespace selfreward
