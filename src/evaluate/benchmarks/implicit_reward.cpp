#include "evaluate/benchmarks/implicit_reward.h"

#include "base/in_row.h"
#include "base/progress.h"
#include "train/response_log_probs.h"
#include "train/steps.h"

namespace selfreward {
namespace {

/// Answers of some prompts: records[i] is of rows[i].
struct Answers {
  std::vector<AnswerLogProb> records;
  std::vector<SftRow> rows;
  int64_t num_tokens(size_t i) const { return std::ssize(rows[i].prompt) + std::ssize(rows[i].response); }
};

void add_answers(const ChatFormat& chat, const RankedAnswers& group, Answers& answers) {
  for (size_t i = 0; i < group.answers.size(); ++i) {
    auto turn = in_row("prompt", group.id, [&] {
      return chat.training_turn({{"user", group.prompt}, {"assistant", group.answers[i]}});
    });
    answers.records.push_back({group.id, static_cast<int64_t>(i), std::nullopt});
    answers.rows.push_back({std::move(turn.prompt), std::move(turn.response)});
  }
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
  const int64_t before = std::min(out.shards() * shard_size, std::ssize(ranked));
  Progress progress("log-probs", std::ssize(ranked), "prompts", before);
  for (int64_t first = before; first < std::ssize(ranked); first += shard_size) {
    Answers answers;
    const int64_t last = std::min(std::ssize(ranked), first + shard_size);
    for (int64_t i = first; i < last; ++i)
      add_answers(policy.chat(), ranked[static_cast<size_t>(i)], answers);
    std::vector<size_t> fitting;
    for (size_t i = 0; i < answers.rows.size(); ++i)
      if (answers.num_tokens(i) <= policy.config().max_position_embeddings) fitting.push_back(i);
    const auto cost = [&](size_t i) { return answers.num_tokens(i); };
    for (const auto& picked : micro_batches(fitting, micro_batch_tokens, cost)) {
      const auto log_probs = response_log_probs(policy.model(), answers.rows, picked);
      for (size_t i = 0; i < picked.size(); ++i) answers.records[picked[i]].logp = log_probs[i];
    }
    Counts dropped;
    if (fitting.size() < answers.rows.size())
      dropped["too_long"] = std::ssize(answers.rows) - std::ssize(fitting);
    out.append(answers.records, dropped);
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
