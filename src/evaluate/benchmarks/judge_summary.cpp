#include "evaluate/benchmarks/judge_summary.h"

#include <map>

#include "evaluate/statistics/reward_bootstrap.h"
#include "feedback/judging/judge.h"

namespace selfreward {
namespace {

/// In the order of kMetricNames: the names of evaluation.json.
constexpr std::array<const char*, kMetricNames.size()> kKeys = {
    "pairwise_accuracy", "pairwise_accuracy_no_ties",
    "five_best",         "exact_match",
    "spearman",          "kendall_tau",
    "gap_captured",      "best_of_n"};

}  // namespace

std::vector<ScoredAnswers> scored_answers(const std::vector<RankedAnswers>& ranked,
                                          const std::vector<Judgement>& judgements) {
  std::map<std::pair<std::string, int64_t>, std::optional<double>> scores;
  for (const Judgement& judgement : judgements)
    scores[{judgement.prompt_id, judgement.index}] = judgement.score;
  std::vector<ScoredAnswers> groups;
  for (const RankedAnswers& group : ranked) {
    ScoredAnswers scored{{}, group.ranks};
    for (size_t i = 0; i < group.answers.size(); ++i)
      scored.scores.push_back(scores[{group.id, static_cast<int64_t>(i)}]);
    groups.push_back(std::move(scored));
  }
  return groups;
}

Json judge_summary(const std::vector<RankedAnswers>& ranked, const std::vector<Judgement>& judgements,
                   double max_score, const Seed& seed) {
  const auto scored = scored_answers(ranked, judgements);
  const RewardMetrics metrics = reward_metrics(scored, max_score);
  const MetricValues values = values_of(metrics);
  const Json between =
      intervals(bootstrap(metrics_by_prompt(scored, max_score), kBootstrapDraws, seed.child("bootstrap")));
  Json summary{{"unscored", metrics.unscored_answers}, {"answers", metrics.answers}};
  for (size_t m = 0; m < kKeys.size(); ++m) {
    summary[kKeys[m]] = values[m] ? Json(*values[m]) : Json(nullptr);
    summary[str(kKeys[m], "_interval")] = between[kMetricNames[m]];
  }
  return summary;
}

Json null_judges(const std::vector<RankedAnswers>& ranked, double max_score, const Seed& seed) {
  Json judges;
  for (const std::string kind : {"random", "longest"}) {
    std::vector<Judgement> judgements;
    for (const JudgeItem& item : judge_items(ranked))
      judgements.push_back(
          {item.prompt_id, item.index, {}, score_without_model({kind, nullptr, max_score, seed}, item)});
    judges[kind] = judge_summary(ranked, judgements, max_score, seed);
  }
  return judges;
}

}  // namespace selfreward
