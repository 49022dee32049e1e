#include "train/dpo.h"

#include <cmath>

#include "base/in_row.h"
#include "base/progress.h"
#include "train/losses.h"
#include "train/trainer.h"
#include "train/training_batch.h"

namespace selfreward {
namespace {

using torch::Tensor;

int64_t num_tokens(const DpoRow& row) {
  return std::ssize(row.prompt) + std::ssize(row.chosen) + std::ssize(row.rejected);
}

/// Pairs of one micro-batch: sums of token log-probs of the chosen and of the rejected answers, both [pairs].
struct PairLogProbs {
  Tensor chosen, rejected;
  Tensor chosen_nll;  // the same of the chosen ones, every token alike
};

/// What each token of the pairs' answers counts: 1 as far as the shorter answer of its pair reaches, `ld_alpha` behind
/// it (LD-DPO, Liu et al. 2024, arXiv 2409.06411, equation 7). In the order of their log-probs.
Tensor token_weights(const std::vector<DpoRow>& all, const std::vector<size_t>& rows, double ld_alpha,
                     const Tensor& like) {
  std::vector<float> weights;
  for (const size_t row : rows) {
    const size_t shared = std::min(all[row].chosen.size(), all[row].rejected.size());
    for (const TokenIds* answer : {&all[row].chosen, &all[row].rejected}) {
      weights.insert(weights.end(), shared, 1.0f);
      weights.insert(weights.end(), answer->size() - shared, static_cast<float>(ld_alpha));
    }
  }
  return torch::tensor(weights).to(like.device());
}

PairLogProbs pair_log_probs(const CausalLM& model, const std::vector<DpoRow>& all,
                            const std::vector<size_t>& rows, double ld_alpha, Dropout* dropout) {
  TrainingBatch batch;
  for (const size_t row : rows) batch.add_pair(all[row].prompt, all[row].chosen, all[row].rejected);
  const Tensor tokens = batch.target_log_probs(model, dropout);
  const auto by_pair = [&](const Tensor& x) { return batch.sum_by_sequence(x).view({-1, 2}); };
  const Tensor sums = by_pair(tokens);
  if (ld_alpha == 1) return {sums.select(1, 0), sums.select(1, 1), sums.select(1, 0)};
  const Tensor weighted = by_pair(tokens * token_weights(all, rows, ld_alpha, tokens));
  return {weighted.select(1, 0), weighted.select(1, 1), sums.select(1, 0)};
}

/// One number of each row, as a tensor [rows] where `like` is.
template <typename Value>
Tensor each(const std::vector<size_t>& rows, const Tensor& like, const Value& value) {
  std::vector<float> values;
  for (const size_t row : rows) values.push_back(static_cast<float>(value(row)));
  return torch::tensor(values).to(like.device());
}

PairTerms pair_terms(const PairLogProbs& logps, const ReferencedPairs& pairs, const std::vector<size_t>& rows,
                     const DpoSettings& settings) {
  const auto of_rows = [&](const auto& value) { return each(rows, logps.chosen, value); };
  PairTerms terms{.policy_chosen = logps.chosen,
                  .policy_rejected = logps.rejected,
                  .reference_chosen = of_rows([&](size_t row) { return pairs.reference.chosen[row]; }),
                  .reference_rejected = of_rows([&](size_t row) { return pairs.reference.rejected[row]; })};
  if (settings.loss_type == "sigmoid_norm") {
    terms.chosen_length = of_rows([&](size_t row) { return pairs.rows[row].chosen.size(); });
    terms.rejected_length = of_rows([&](size_t row) { return pairs.rows[row].rejected.size(); });
  }
  if (settings.soft_label != "none") terms.label = of_rows([&](size_t row) { return pairs.rows[row].label; });
  return terms;
}

/// What a step adds up over its micro-batches; divided by the numbers of pairs and of chosen tokens at the
/// end.
struct StepSums {
  double pairs = 0, chosen_tokens = 0;  // of the whole step
  double dpo = 0, chosen = 0, rejected = 0, correct = 0, logps_chosen = 0, logps_rejected = 0, nll = 0;
};

/// The part of the step's loss that one micro-batch contributes; its metrics are added to `sums`. The
/// negative log-likelihood is a mean over the chosen tokens of the whole step, so that any split gives the
/// same gradient.
Tensor contribution(const PairLogProbs& logps, const PairTerms& terms, const DpoSettings& settings,
                    StepSums& sums) {
  const DpoOutput dpo = dpo_loss(terms, settings.beta);
  const Tensor correct = (dpo.chosen_rewards > dpo.rejected_rewards).to(at::kFloat);
  // All at once: the program waits for the device one time only.
  const Tensor totals = at::stack({dpo.losses, dpo.chosen_rewards, dpo.rejected_rewards, correct,
                                   logps.chosen, logps.rejected, logps.chosen_nll})
                            .detach()
                            .sum(/*dim=*/1)
                            .to(at::kCPU, at::kDouble);
  const auto total = totals.accessor<double, 1>();
  sums.dpo += total[0];
  sums.chosen += total[1];
  sums.rejected += total[2];
  sums.correct += total[3];
  sums.logps_chosen += total[4];
  sums.logps_rejected += total[5];
  sums.nll -= total[6];
  const Tensor loss = dpo.losses.sum() / sums.pairs;
  return settings.rpo_alpha == 0 ? loss
                                 : loss - settings.rpo_alpha * logps.chosen_nll.sum() / sums.chosen_tokens;
}

Json to_metrics(const StepSums& sums, const DpoSettings& settings) {
  const double n = sums.pairs, nll = sums.nll / sums.chosen_tokens;
  return Json{{"loss", sums.dpo / n + settings.rpo_alpha * nll},
              {"rewards/chosen", sums.chosen / n},
              {"rewards/rejected", sums.rejected / n},
              {"rewards/margins", (sums.chosen - sums.rejected) / n},
              {"rewards/accuracies", sums.correct / n},
              {"logps/chosen", sums.logps_chosen / n},
              {"logps/rejected", sums.logps_rejected / n},
              {"nll_loss", nll}};
}

/// P(the chosen answer is the better one) where scores are rewards of the Bradley-Terry model.
double label_by_margin(const PreferencePair& pair) {
  check(pair.score_chosen && pair.score_rejected,
        "[dpo] dpo.soft_label is margin, but the pair has no score_chosen or no score_rejected");
  return 1 / (1 + std::exp(*pair.score_rejected - *pair.score_chosen));
}

}  // namespace

DpoRows make_dpo_rows(const ChatFormat& chat, const std::vector<PreferencePair>& pairs, int64_t max_length,
                      const std::string& soft_label) {
  DpoRows made;
  for (const PreferencePair& pair : pairs) {
    const auto ids = [&](const TokenIds& sampled, const Message& answer) {
      if (!sampled.empty()) return sampled;
      Conversation whole = pair.prompt;
      whole.push_back(answer);
      return chat.training_turn(whole, pair.inputs).response;
    };
    DpoRow row = in_row("pair of prompt", pair.prompt_id, [&] {
      return DpoRow{chat.prompt_ids(pair.prompt, pair.inputs), ids(pair.chosen_ids, pair.chosen_message()),
                    ids(pair.rejected_ids, pair.rejected_message()),
                    soft_label == "margin" ? label_by_margin(pair) : 1.0};
    });
    if (row.chosen == row.rejected)
      ++made.dropped["same_tokens"];
    else if (num_tokens(row) > max_length)
      ++made.dropped["longer_than_max_length"];
    else
      made.rows.push_back(std::move(row));
  }
  return made;
}

Reference reference_log_probs(const CausalLM& model, const std::vector<DpoRow>& rows,
                              const DpoSettings& settings) {
  const at::NoGradGuard no_grad;
  std::vector<size_t> all(rows.size());
  std::iota(all.begin(), all.end(), size_t{0});
  Reference reference;
  Progress progress("reference", std::ssize(rows), "pairs");
  for (const auto& micro : micro_batches(all, settings.train.micro_batch_tokens,
                                         [&](size_t row) { return num_tokens(rows[row]); })) {
    const PairLogProbs logps = pair_log_probs(model, rows, micro, settings.ld_alpha, nullptr);
    const Tensor chosen = logps.chosen.to(at::kCPU), rejected = logps.rejected.to(at::kCPU);
    for (int64_t i = 0; i < std::ssize(micro); ++i) {
      reference.chosen.push_back(chosen[i].item<double>());
      reference.rejected.push_back(rejected[i].item<double>());
    }
    progress.update(std::ssize(reference.chosen));
  }
  return reference;
}

Json accumulate_dpo(CausalLM& model, const ReferencedPairs& pairs, const TrainingStep& step,
                    const DpoSettings& settings) {
  const auto& all = pairs.rows;
  StepSums sums;
  int64_t tokens = 0, index = 0;
  sums.pairs = static_cast<double>(step.rows.size());
  for (const size_t row : step.rows) {
    sums.chosen_tokens += static_cast<double>(all[row].chosen.size());
    tokens += num_tokens(all[row]);
  }
  const auto cost = [&rows = pairs.rows](size_t row) { return num_tokens(rows[row]); };
  for (const auto& micro : micro_batches(step.rows, settings.train.micro_batch_tokens, cost)) {
    auto dropout = make_dropout(model, settings.train, step, index++);
    const PairLogProbs logps =
        pair_log_probs(model, all, micro, settings.ld_alpha, dropout ? &*dropout : nullptr);
    add_gradients(model, contribution(logps, pair_terms(logps, pairs, micro, settings), settings, sums));
  }
  Json metrics = to_metrics(sums, settings);
  metrics["num_tokens"] = tokens;
  return metrics;
}

void train_dpo(CausalLM& model, const ReferencedPairs& pairs, const std::vector<SftRow>& replay,
               const DpoSettings& settings, const TrainingRun& run) {
  const TrainSettings& train = settings.train;
  const int64_t replayed = replay.empty() ? 0 : settings.replay_batch_size;
  run_training(model, train, pairs.rows.size(), run, [&](const TrainingStep& step) {
    Json metrics = accumulate_dpo(model, pairs, step, settings);
    if (replayed == 0) return metrics;
    const Seed seed = run.seed.child("replay");
    const auto rows = streamed_rows(step.number, replayed, replay.size(), seed);
    const double loss =
        accumulate_sft(model, replay, {step.number, rows, seed}, train, settings.replay_weight);
    metrics["replay_loss"] = loss;
    metrics["loss"] = metrics["loss"].get<double>() + settings.replay_weight * loss;
    return metrics;
  });
}

}  // namespace selfreward
