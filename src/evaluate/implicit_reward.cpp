#include "evaluate/implicit_reward.h"

#include "base/in_row.h"
#include "base/progress.h"
#include "train/trainer.h"
#include "train/training_batch.h"

namespace selfreward {
namespace {

struct Row {
  AnswerLogProb record;
  TokenIds prompt, answer;
  int64_t num_tokens() const { return std::ssize(prompt) + std::ssize(answer); }
};

std::vector<Row> rows_of(const ChatFormat& chat, const RankedAnswers& group) {
  std::vector<Row> rows;
  for (size_t i = 0; i < group.answers.size(); ++i)
    rows.push_back(in_row("prompt", group.id, [&] {
      auto turn = chat.training_turn({{"user", group.prompt}, {"assistant", group.answers[i]}});
      return Row{{group.id, static_cast<int64_t>(i), std::nullopt},
                 std::move(turn.prompt),
                 std::move(turn.response)};
    }));
  return rows;
}

void fill_log_probs(const CausalLM& model, std::vector<Row>& rows, const std::vector<size_t>& picked) {
  TrainingBatch batch;
  for (const size_t i : picked) batch.add_sequence(rows[i].prompt, rows[i].answer);
  const torch::Tensor sums = batch.sum_by_sequence(batch.target_log_probs(model)).to(at::kCPU);
  for (size_t i = 0; i < picked.size(); ++i)
    rows[picked[i]].record.logp = sums[static_cast<int64_t>(i)].item<double>();
}

}  // namespace

void to_json(Json& json, const AnswerLogProb& value) {
  json = Json{{"prompt_id", value.prompt_id}, {"index", value.index}};
  if (value.logp) json["logp"] = *value.logp;
}

void from_json(const Json& json, AnswerLogProb& value) {
  json.at("prompt_id").get_to(value.prompt_id);
  json.at("index").get_to(value.index);
  if (json.contains("logp")) value.logp = json.at("logp").get<double>();
}

void answer_log_probs(const Policy& policy, const std::vector<RankedAnswers>& ranked,
                      int64_t micro_batch_tokens, int64_t shard_size, RecordSink<AnswerLogProb>& out) {
  const at::NoGradGuard no_grad;
  const int64_t before = std::min(out.shards() * shard_size, std::ssize(ranked));
  Progress progress("log-probs", std::ssize(ranked), "prompts", before);
  for (int64_t first = before; first < std::ssize(ranked); first += shard_size) {
    std::vector<Row> rows;
    const int64_t last = std::min(std::ssize(ranked), first + shard_size);
    for (int64_t i = first; i < last; ++i)
      for (Row& row : rows_of(policy.chat(), ranked[static_cast<size_t>(i)])) rows.push_back(std::move(row));
    std::vector<size_t> fitting;
    for (size_t i = 0; i < rows.size(); ++i)
      if (rows[i].num_tokens() <= policy.config().max_position_embeddings) fitting.push_back(i);
    for (const auto& picked :
         micro_batches(fitting, micro_batch_tokens, [&](size_t i) { return rows[i].num_tokens(); }))
      fill_log_probs(policy.model(), rows, picked);
    std::vector<AnswerLogProb> records;
    for (Row& row : rows) records.push_back(std::move(row.record));
    Counts dropped;
    if (fitting.size() < rows.size()) dropped["too_long"] = std::ssize(rows) - std::ssize(fitting);
    out.append(records, dropped);
    progress.update(last);
  }
}

std::vector<ScoredAnswers> implicit_rewards(const std::vector<RankedAnswers>& ranked,
                                            const std::vector<AnswerLogProb>& policy,
                                            const std::vector<AnswerLogProb>& reference, double beta) {
  std::vector<ScoredAnswers> groups;
  size_t at = 0;
  for (const RankedAnswers& group : ranked) {
    ScoredAnswers scored{{}, group.ranks};
    for (size_t i = 0; i < group.answers.size(); ++i, ++at) {
      const auto &ours = policy.at(at).logp, &theirs = reference.at(at).logp;
      scored.scores.push_back(ours && theirs ? std::optional(beta * (*ours - *theirs)) : std::nullopt);
    }
    groups.push_back(std::move(scored));
  }
  return groups;
}

}  // namespace selfreward
