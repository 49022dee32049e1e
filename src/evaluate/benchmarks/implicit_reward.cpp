#include "evaluate/benchmarks/implicit_reward.h"

#include <numeric>
#include <unordered_map>

#include "base/in_row.h"
#include "base/progress.h"
#include "data/shards.h"
#include "train/response_log_probs.h"
#include "train/steps.h"

namespace selfreward {
namespace {

/// Answers of some prompts: records[i] is of rows[i].
struct Answers {
  std::vector<AnswerLogProb> records;
  std::vector<SftRow> rows;
};

int64_t num_tokens(const SftRow& row) {
  return std::ssize(row.prompt) + std::ssize(row.response);
}

void add_answers(const ChatFormat& chat, const RankedAnswers& group, Answers& answers) {
  for (size_t i = 0; i < group.answers.size(); ++i) {
    auto turn = in_row("prompt", group.id, [&] {
      return chat.training_turn({{"user", group.prompt}, {"assistant", group.answers[i]}});
    });
    answers.records.push_back({group.id, static_cast<int64_t>(i), std::nullopt});
    answers.rows.push_back({std::move(turn.prompt), std::move(turn.response)});
  }
}

/// log p of rows[picked], in forwards of at most `micro_batch_tokens` tokens.
std::vector<double> log_probs_of(const Policy& policy, const std::vector<SftRow>& rows,
                                 const std::vector<size_t>& picked, int64_t micro_batch_tokens) {
  std::vector<double> log_probs;
  for (const auto& micro :
       micro_batches(picked, micro_batch_tokens, [&](size_t i) { return num_tokens(rows[i]); }))
    for (const double log_prob : response_log_probs(policy.model(), rows, micro))
      log_probs.push_back(log_prob);
  return log_probs;
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
      if (num_tokens(answers.rows[i]) <= policy.config().max_position_embeddings) fitting.push_back(i);
    const auto log_probs = log_probs_of(policy, answers.rows, fitting, micro_batch_tokens);
    for (size_t i = 0; i < fitting.size(); ++i) answers.records[fitting[i]].logp = log_probs[i];
    Counts dropped;
    if (fitting.size() < answers.rows.size())
      dropped["too_long"] = std::ssize(answers.rows) - std::ssize(fitting);
    out.append(answers.records, dropped);
    progress.update(last);
  }
}

void candidate_rewards(const Policy& policy, const Policy& before, const std::vector<Prompt>& prompts,
                       const std::vector<Candidate>& candidates, const TrainSettings& batching,
                       int64_t shard_size, RecordSink<CandidateReward>& out) {
  std::unordered_map<std::string, const Prompt*> by_id;
  for (const Prompt& prompt : prompts) by_id[prompt.id] = &prompt;
  const auto make = [&](std::span<const Candidate> shard, const OnDone&) {
    std::vector<SftRow> rows;
    for (const Candidate& candidate : shard) {
      const auto prompt = by_id.find(candidate.prompt_id);
      check(prompt != by_id.end(), "[rewards] candidate of prompt '", candidate.prompt_id,
            "', which is not among the prompts");
      rows.push_back({policy.chat().prompt_ids({{"user", prompt->second->text}}), candidate.token_ids});
    }
    std::vector<size_t> all(rows.size());
    std::iota(all.begin(), all.end(), size_t{0});
    const auto now = log_probs_of(policy, rows, all, batching.micro_batch_tokens),
               earlier = log_probs_of(before, rows, all, batching.micro_batch_tokens);
    std::vector<CandidateReward> rewards;
    for (size_t i = 0; i < shard.size(); ++i)
      rewards.push_back({shard[i].prompt_id, shard[i].index, now[i], earlier[i]});
    out.append(rewards);
  };
  for_each_shard(candidates, shard_size, "rewards", out, make);
}

std::optional<double> consistency(const std::vector<Judgement>& judgements,
                                  const std::vector<CandidateReward>& rewards) {
  std::map<std::pair<std::string, int64_t>, double> reward_of;
  for (const CandidateReward& reward : rewards) reward_of[{reward.prompt_id, reward.index}] = reward.reward();
  std::map<std::string, std::pair<std::vector<double>, std::vector<double>>> by_prompt;
  for (const Judgement& judgement : judgements) {
    const auto reward = reward_of.find({judgement.prompt_id, judgement.index});
    if (!judgement.score || reward == reward_of.end()) continue;
    auto& [scores, implicit] = by_prompt[judgement.prompt_id];
    scores.push_back(*judgement.score);
    implicit.push_back(reward->second);
  }
  double sum = 0, prompts = 0;
  for (const auto& [id, orders] : by_prompt)
    if (const auto tau = kendall_tau_b(orders.first, orders.second)) sum += (*tau + 1) / 2, prompts += 1;
  return prompts > 0 ? std::optional(sum / prompts) : std::nullopt;
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
