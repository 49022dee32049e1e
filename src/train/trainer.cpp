#include "train/trainer.h"

#include <cmath>
#include <numeric>

#include "base/interrupt.h"
#include "base/metrics.h"
#include "base/progress.h"
#include "model/device.h"
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
  fs::create_directories(partial);
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

std::string short_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

/// Steps that show every row once, the last one with what is left.
int64_t full_steps(int64_t batch_size, size_t num_rows) {
  return (static_cast<int64_t>(num_rows) + batch_size - 1) / batch_size;
}

/// Saves the state before it throws, where there is a step that is not on the disk yet.
void stop_if_interrupted(const AdamW& optimizer, const TrainingFiles& files) {
  if (!stop_is_requested()) return;
  const auto saved = checkpoint_steps(files);
  if (optimizer.steps() > (saved.empty() ? 0 : saved.back())) save_checkpoint(optimizer, files);
  throw_if_interrupted();
}

}  // namespace

std::vector<size_t> streamed_rows(int64_t step, int64_t batch_size, size_t num_rows, const Seed& seed,
                                  bool shuffle) {
  std::vector<size_t> rows;
  int64_t shuffled_epoch = -1;
  std::vector<size_t> order;
  for (int64_t i = step * batch_size; i < (step + 1) * batch_size; ++i) {
    const int64_t epoch = i / static_cast<int64_t>(num_rows), at = i % static_cast<int64_t>(num_rows);
    if (shuffle && epoch != shuffled_epoch) {
      order = seed.child("order", epoch).permutation(num_rows);
      shuffled_epoch = epoch;
    }
    rows.push_back(shuffle ? order[static_cast<size_t>(at)] : static_cast<size_t>(at));
  }
  return rows;
}

std::vector<size_t> rows_of_step(int64_t step, const TrainSettings& settings, size_t num_rows,
                                 const Seed& seed, bool shuffle) {
  const int64_t batch = settings.train_batch_size;
  if (settings.fill_last_batch) return streamed_rows(step, batch, num_rows, seed, shuffle);
  const int64_t steps = full_steps(batch, num_rows), epoch = step / steps;
  std::vector<size_t> order(num_rows);
  std::iota(order.begin(), order.end(), size_t{0});
  if (shuffle) order = seed.child("order", epoch).permutation(num_rows);
  const auto first = order.begin() + (step % steps) * batch;
  return {first, std::min(first + batch, order.end())};
}

double epochs_of(int64_t steps, const TrainSettings& settings, size_t num_rows) {
  const int64_t batch = settings.train_batch_size;
  const double of_one = settings.fill_last_batch ? static_cast<double>(num_rows) / static_cast<double>(batch)
                                                 : static_cast<double>(full_steps(batch, num_rows));
  return static_cast<double>(steps) / of_one;
}

int64_t num_training_steps(const TrainSettings& settings, size_t num_rows) {
  if (settings.max_steps > 0) return settings.max_steps;
  const double of_one_epoch = 1 / epochs_of(1, settings, num_rows);
  return std::max<int64_t>(1, std::llround(std::ceil(settings.num_train_epochs * of_one_epoch - 1e-9)));
}

void run_training(CausalLM& model, const TrainSettings& settings, size_t num_rows, const Seed& seed,
                  const TrainingFiles& files, const std::string& label, const AccumulateStep& accumulate,
                  bool shuffle) {
  check(num_rows > 0, "[train] ", label, ": there are no rows to train on");
  fs::create_directories(files.dir);
  const int64_t total = num_training_steps(settings, num_rows);
  const int64_t end = files.pause_at > 0 ? std::min(total, files.pause_at) : total;
  const DeterministicScope deterministic(model.device());
  model.recompute_layers(settings.gradient_checkpointing);
  AdamW optimizer(model, settings);
  resume(optimizer, files);
  const fs::path metrics_path = files.dir / "metrics.jsonl";
  cut_metrics(files, metrics_path, optimizer.steps());
  MetricsLog log(metrics_path);
  Progress progress(label, total, "steps", optimizer.steps());
  while (optimizer.steps() < end) {
    stop_if_interrupted(optimizer, files);
    const int64_t step = optimizer.steps();
    const double factor =
        schedule_factor(settings.lr_scheduler_type, step, settings.warmup_steps, total, settings.min_lr_rate);
    Json metrics = accumulate(step, rows_of_step(step, settings, num_rows, seed, shuffle));
    const double learning_rate = settings.learning_rate * factor;
    Json line{{"step", step + 1}, {"epoch", epochs_of(step + 1, settings, num_rows)}};
    line.update(metrics);
    line["grad_norm"] = optimizer.step(learning_rate);
    line["learning_rate"] = learning_rate;
    if ((step + 1) % settings.logging_steps == 0 || step + 1 == total) {
      log.write(line);
      if (files.logged) files.logged(line);
    }
    progress.update(step + 1, "loss " + short_number(metrics.at("loss").get<double>()));
    const bool due = settings.save_steps > 0 && (step + 1) % settings.save_steps == 0;
    if ((due || step + 1 == end) && step + 1 < total) save_checkpoint(optimizer, files);
  }
}

std::vector<std::vector<size_t>> micro_batches(const std::vector<size_t>& rows, int64_t budget,
                                               const std::function<int64_t(size_t)>& cost) {
  std::vector<std::vector<size_t>> batches;
  int64_t used = 0;
  for (const size_t row : rows) {
    if (batches.empty() || used + cost(row) > budget) {
      batches.emplace_back();
      used = 0;
    }
    batches.back().push_back(row);
    used += cost(row);
  }
  return batches;
}

std::optional<Dropout> make_dropout(const CausalLM& model, const TrainSettings& settings, const Seed& seed,
                                    int64_t step, int64_t micro_batch) {
  const double adapter = model.adapter() ? model.adapter()->lora_dropout : 0;
  if (settings.dropout == 0 && adapter == 0) return std::nullopt;
  Dropout dropout{settings.dropout, adapter, at::globalContext().defaultGenerator(model.device()).clone()};
  dropout.generator.set_current_seed(seed.child("dropout", step, micro_batch).key());
  return dropout;
}

}  // namespace selfreward
