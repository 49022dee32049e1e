#pragma once
// How well a judge's scores of ranked answers agree with the ranks, as evaluation.json has it.
#include "base/seed.h"
#include "data/records.h"
#include "evaluate/statistics/reward_metrics.h"

namespace selfreward {

/// Each answer's score beside its rank; an answer without a judgement has none.
std::vector<ScoredAnswers> scored_answers(const std::vector<RankedAnswers>& ranked,
                                          const std::vector<Judgement>& judgements);

/// The five metrics, each "x" with a 95 % bootstrap interval over prompts "x_interval" (null where absent),
/// and counts. `seed` draws the prompts, the same ones for every judge.
Json judge_summary(const std::vector<RankedAnswers>& ranked, const std::vector<Judgement>& judgements,
                   double max_score, const Seed& seed);

/// The same of judges that know nothing: {"random": ..., "longest": ...}.
Json null_judges(const std::vector<RankedAnswers>& ranked, double max_score, const Seed& seed);

}  // namespace selfreward
