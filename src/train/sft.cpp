#include "train/sft.h"

#include <algorithm>

#include "base/in_row.h"
#include "train/trainer.h"
#include "train/training_batch.h"

namespace selfreward {
namespace {

int64_t num_tokens(const SftRow& row) {
  return std::ssize(row.prompt) + std::ssize(row.response);
}

int64_t num_learnt(const SftRow& row) {
  if (row.learnt.empty()) return std::ssize(row.response);
  return std::count(row.learnt.begin(), row.learnt.end(), true);
}

}  // namespace

SftRows make_sft_rows(const ChatFormat& chat, const std::vector<Example>& examples, int64_t max_length,
                      TrainOn train_on) {
  SftRows made;
  for (const Example& example : examples) {
    auto learnt = in_row("example", example.id,
                         [&] { return chat.training_row(example.messages, example.inputs, train_on); });
    if (!learnt) {
      ++made.untrained;
      continue;
    }
    SftRow row{std::move(learnt->prompt), std::move(learnt->response), std::move(learnt->learnt)};
    if (num_tokens(row) > max_length) {
      ++made.too_long;
    } else {
      made.rows.push_back(std::move(row));
    }
  }
  return made;
}

std::string left_out_text(const SftRows& rows, const std::string& limit) {
  const std::string text = str(rows.too_long, " longer than ", limit, " left out");
  return rows.untrained == 0 ? text
                             : str(text, ", ", rows.untrained, " in which marks leave no answer to train");
}

TrainOn train_on(const SftSettings& settings) {
  return settings.train_on == "all" ? TrainOn::all : TrainOn::last;
}

double accumulate_sft(CausalLM& model, const std::vector<SftRow>& all, const TrainingStep& step,
                      const TrainSettings& settings, double weight) {
  int64_t targets = 0;
  for (const size_t row : step.rows) targets += num_learnt(all[row]);
  double loss = 0;
  int64_t index = 0;
  const auto cost = [&](size_t row) { return num_tokens(all[row]); };
  for (const auto& micro : micro_batches(step.rows, settings.micro_batch_tokens, cost)) {
    TrainingBatch batch;
    for (const size_t row : micro) batch.add_sequence(all[row].prompt, all[row].response, all[row].learnt);
    auto dropout = make_dropout(model, settings, step, index++);
    const torch::Tensor part =
        -batch.target_log_probs(model, dropout ? &*dropout : nullptr).sum() / static_cast<double>(targets);
    add_gradients(model, weight * part);
    loss += part.item<double>();
  }
  return loss;
}

void train_sft(CausalLM& model, const std::vector<SftRow>& rows, const TrainSettings& settings,
               const TrainingRun& run) {
  run_training(model, settings, rows.size(), run, [&](const TrainingStep& step) {
    int64_t tokens = 0;
    for (const size_t row : step.rows) tokens += num_tokens(rows[row]);
    const double loss = accumulate_sft(model, rows, step, settings);
    return Json{{"loss", loss}, {"num_tokens", tokens}};
  });
}

}  // namespace selfreward
