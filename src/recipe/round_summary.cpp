#include "recipe/round_summary.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/content_hash.h"
#include "base/format.h"
#include "evaluate/benchmarks/gold_ranks.h"
#include "evaluate/benchmarks/implicit_reward.h"
#include "evaluate/benchmarks/judge_summary.h"
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

/// How the judge's scores of the round's own answers order them, by the truth; null where it tells none apart.
Json gold_judging(const GoldScorer& gold, const RoundAnswers& round) {
  const auto ranked = ranked_by_gold(round.prompts, round.candidates, gold);
  auto scored = scored_answers(ranked.records, round.judgements);
  for (size_t p = 0; p < scored.size(); ++p)
    for (const std::string& answer : ranked.records[p].answers)
      scored[p].truth.push_back(gold.score(ranked.records[p].prompt, answer).value());
  const RewardMetrics metrics = reward_metrics(scored, gold.max_score());
  if (!metrics.gap_captured || !metrics.pairwise_accuracy) return {};
  return {{"prompts", scored.size()},
          {"pairwise_acc", *metrics.pairwise_accuracy},
          {"gap_captured", *metrics.gap_captured}};
}

/// What the rules in the file `gold` are; null where it is empty.
Json gold_rules(const std::string& gold) {
  return gold.empty() ? Json() : content_hashes(GoldScorer::files(gold));
}

/// With what the rules are, so that other rules are noticed.
void set_gold_agreement(const std::string& rules, const RoundAnswers& answers,
                        const std::vector<PreferencePair>& pairs, Json& summary) {
  for (const char* key : {"gold_agreement", "gold_judging"}) summary.erase(key);
  summary["gold_rules"] = gold_rules(rules);
  if (rules.empty()) return;
  const GoldScorer gold = GoldScorer::load(rules);
  summary["gold_agreement"] = gold_agreement(gold, pairs);
  summary["gold_judging"] = gold_judging(gold, answers);
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

/// None where somebody removed the file: a round that is done needs it for this figure alone.
template <typename Record>
std::vector<Record> records_if_there(const fs::path& file) {
  return fs::exists(file) ? read_jsonl<Record>(file) : std::vector<Record>();
}

/// round.json of a round whose M_t+1 is there.
Json summary_of(const RunDirectory& run, int64_t t) {
  const fs::path file = run.round_summary(t);
  check(fs::exists(file), "[run] ", file.string(), " is missing, which the run wrote before it made ",
        model_name(t + 1), "; put it back, or remove ", run.model(t + 1).string(),
        " and add --overwrite to make both again");
  Json summary = read_json(file);
  check(summary.is_object(), "[run] ", file.string(), " is ", summary.type_name(),
        ", wanted an object; remove ", run.model(t + 1).string(), " and add --overwrite to make both again");
  return summary;
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
  set_gold_agreement(config.data.gold, answers, pairs, summary);
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
  const bool is_whole =
      config.data.gold.empty() || summary.contains("gold_judging");  // earlier versions had none
  if (is_whole && summary.value("gold_rules", Json()) == gold_rules(config.data.gold)) return;
  const auto pairs = read_jsonl<PreferencePair>(run.round_records(t, "preferences"));
  const auto prompts = records_if_there<Prompt>(run.round_records(t, "prompts"));
  const auto candidates = records_if_there<Candidate>(run.round_records(t, "candidates"));
  const auto judgements = records_if_there<Judgement>(run.round_records(t, "judgements"));
  set_gold_agreement(config.data.gold, {prompts, candidates, judgements}, pairs, summary);
  const Json rules = summary["gold_rules"];
  summary.erase(
      "gold_rules");  // until the monitors have seen it: where one stops the run, so does the next call
  write_file_atomically(run.round_summary(t), summary.dump(2) + "\n");
  watch_pairs(config.monitor, run, t, pairs);
  summary["gold_rules"] = rules;
  write_file_atomically(run.round_summary(t), summary.dump(2) + "\n");
}

}  // namespace selfreward
