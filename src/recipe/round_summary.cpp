#include "recipe/round_summary.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/content_hash.h"
#include "base/format.h"
#include "evaluate/benchmarks/implicit_reward.h"
#include "gold/scorer.h"
#include "monitor/values.h"
#include "recipe/monitors.h"

namespace selfreward {
namespace {

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

/// What the rules in the file `gold` are; null where it is empty.
Json gold_rules(const std::string& gold) {
  return gold.empty() ? Json() : content_hashes(GoldScorer::files(gold));
}

/// With what the rules are, so that other rules are noticed.
void set_gold_agreement(const std::string& gold, const std::vector<PreferencePair>& pairs, Json& summary) {
  summary.erase("gold_agreement");
  summary["gold_rules"] = gold_rules(gold);
  if (!gold.empty()) summary["gold_agreement"] = gold_agreement(GoldScorer::load(gold), pairs);
}

/// Prompts that gave a pair, and those whose scored answers, two or more, all have one score.
void count_prompts(const RoundAnswers& answers, const std::vector<PreferencePair>& pairs, Json& summary) {
  std::set<std::string> paired;
  for (const PreferencePair& pair : pairs) paired.insert(pair.prompt_id);
  std::map<std::string, std::vector<double>> scores;
  for (const Judgement& judgement : answers.judgements)
    if (judgement.score) scores[judgement.prompt_id].push_back(*judgement.score);
  const auto is_tied = [](const auto& of_prompt) {
    const std::vector<double>& all = of_prompt.second;
    return all.size() > 1 && std::count(all.begin(), all.end(), all.front()) == std::ssize(all);
  };
  summary["paired_prompts"] = paired.size();
  summary["tied_prompts"] = std::count_if(scores.begin(), scores.end(), is_tied);
}

/// round.json of a round whose M_t+1 is there.
Json summary_of(const RunDirectory& run, int64_t t) {
  const fs::path file = run.round_summary(t);
  check(fs::exists(file), "[run] ", file.string(), " is missing, which the run wrote before it made ",
        model_name(t + 1), "; put it back, or remove ", run.model(t + 1).string(), " to make both again");
  return read_json(file);
}

}  // namespace

void write_round_summary(const Round& round, const RoundAnswers& answers,
                         const std::vector<PreferencePair>& pairs) {
  const RunConfig& config = round.config;
  RunDirectory& run = round.run;
  const int64_t t = round.t;
  Json summary{{"t", t},
               {"prompts", answers.prompts.size()},
               {"prompt_drops", read_counts(run.round_records(t, "prompts"))}};
  summary.update(candidate_counts(answers.candidates));
  summary.update(judgement_counts(answers.judgements));
  if (const auto agreement = consistency(answers.judgements, answers.rewards))
    summary["consistency"] = *agreement;
  summary["pairs"] = pairs.size();
  count_prompts(answers, pairs, summary);
  summary["pair_drops"] = read_counts(run.round_records(t, "preferences"));
  set_gold_agreement(config.data.gold, pairs, summary);
  write_file_atomically(run.round_summary(t), summary.dump(2) + "\n");
  log_line(str("  ", answers.prompts.size(), " prompts, ", answers.candidates.size(), " candidates, ",
               pairs.size(), " pairs; judge's mean score ",
               summary.contains("score_mean")
                   ? significant(std::round(100 * summary["score_mean"].get<double>()) / 100, 6)
                   : "-"));
}

void add_to_round_summary(const RunDirectory& run, int64_t t, const char* key, const Json& value) {
  Json summary = read_json(run.round_summary(t));
  summary[key] = value;
  write_file_atomically(run.round_summary(t), summary.dump(2) + "\n");
}

void follow_gold_rules(const Round& round) {
  const RunConfig& config = round.config;
  RunDirectory& run = round.run;
  const int64_t t = round.t;
  Json summary = summary_of(run, t);
  if (summary.value("gold_rules", Json()) == gold_rules(config.data.gold)) return;
  const auto pairs = read_jsonl<PreferencePair>(run.round_records(t, "preferences"));
  set_gold_agreement(config.data.gold, pairs, summary);
  write_file_atomically(run.round_summary(t), summary.dump(2) + "\n");
  watch_pairs(config.monitor, run, t, pairs);
}

}  // namespace selfreward
