#include "recipe/round_summary.h"

#include <cmath>
#include <set>

#include "feedback/gold.h"

namespace selfreward {
namespace {

Json counts_of(const fs::path& records) {
  const fs::path path = counts_file(records);
  return fs::exists(path) ? read_json(path) : Json::object();
}

struct Moments {
  double sum = 0, squares = 0;
  int64_t count = 0;
  void add(double x) {
    sum += x;
    squares += x * x;
    ++count;
  }
  double mean() const { return count ? sum / static_cast<double>(count) : 0; }
  double variance() const {
    return count ? std::max(0.0, squares / static_cast<double>(count) - mean() * mean()) : 0;
  }
};

/// Entropy in nats of the shares of the counts.
double entropy(const std::map<std::string, int64_t>& counts) {
  double total = 0, sum = 0;
  for (const auto& [key, count] : counts) total += static_cast<double>(count);
  for (const auto& [key, count] : counts) {
    const double share = static_cast<double>(count) / total;
    sum -= share * std::log(share);
  }
  return sum;
}

std::string score_key(double score) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", score);
  return text;
}

void add_candidates(Json& summary, const std::vector<Candidate>& candidates) {
  int64_t stopped = 0, tokens = 0, duplicates = 0;
  std::set<std::pair<std::string, std::string>> seen;
  for (const Candidate& candidate : candidates) {
    stopped += candidate.finish_reason == FinishReason::stop;
    tokens += std::ssize(candidate.token_ids);
    duplicates += !seen.emplace(candidate.prompt_id, candidate.text).second;
  }
  summary["candidates"] = candidates.size();
  summary["candidates_stopped"] = stopped;
  summary["answer_tokens_mean"] =
      static_cast<double>(tokens) / static_cast<double>(std::max<size_t>(1, candidates.size()));
  summary["duplicate_candidates"] = duplicates;
}

void add_judgements(Json& summary, const std::vector<Judgement>& judgements) {
  int64_t replies = 0;
  Counts failures, histogram;
  Moments scores, variances;
  for (const Judgement& judgement : judgements) {
    Moments own;
    for (const JudgeReply& reply : judgement.replies) {
      ++replies;
      if (reply.failure) ++failures[to_string(*reply.failure)];
      if (!reply.score) continue;
      ++histogram[score_key(*reply.score)];
      scores.add(*reply.score);
      own.add(*reply.score);
    }
    if (own.count > 1) variances.add(own.variance());
  }
  summary["judge_replies"] = replies;
  summary["judge_failures"] = failures;
  summary["score_histogram"] = histogram;
  if (scores.count == 0) return;
  summary["score_mean"] = scores.mean();
  summary["score_std"] = std::sqrt(scores.variance());
  summary["score_entropy"] = entropy(histogram);
  summary["k_variance"] = variances.mean();
}

Json gold_agreement(const GoldScorer& gold, const std::vector<PreferencePair>& pairs) {
  double agree = 0, tie = 0, wrong = 0;
  for (const PreferencePair& pair : pairs) {
    const std::string& prompt = pair.prompt.back().content;
    const auto chosen = gold.score(prompt, pair.chosen), rejected = gold.score(prompt, pair.rejected);
    if (!chosen || !rejected) continue;
    agree += *chosen > *rejected;
    tie += *chosen == *rejected;
    wrong += *chosen < *rejected;
  }
  const double total = std::max(1.0, agree + tie + wrong);
  return {{"agree", agree / total}, {"tie", tie / total}, {"wrong", wrong / total}};
}

}  // namespace

void write_round_summary(const RunConfig& config, const RunDirectory& run, int64_t t,
                         const std::vector<Prompt>& prompts, const std::vector<Candidate>& candidates,
                         const std::vector<Judgement>& judgements, const std::vector<PreferencePair>& pairs) {
  Json summary{
      {"t", t}, {"prompts", prompts.size()}, {"prompt_drops", counts_of(run.round_records(t, "prompts"))}};
  add_candidates(summary, candidates);
  add_judgements(summary, judgements);
  summary["pairs"] = pairs.size();
  summary["pair_drops"] = counts_of(run.round_records(t, "preferences"));
  if (!config.data.gold.empty())
    summary["gold_agreement"] = gold_agreement(GoldScorer::load(config.data.gold), pairs);
  write_file_atomically(run.round_summary(t), summary.dump(2) + "\n");
  log_line(str("  ", prompts.size(), " prompts, ", candidates.size(), " candidates, ", pairs.size(),
               " pairs; judge's mean score ",
               summary.contains("score_mean")
                   ? score_key(std::round(100 * summary["score_mean"].get<double>()) / 100)
                   : "-"));
}

}  // namespace selfreward
