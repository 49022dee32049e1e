#pragma once
// judge.form pairwise: a model scores answers by comparing every two of a prompt, as `evaluate winrate` compares
// models.
#include "evaluate/judges/comparisons.h"

namespace selfreward {

/// Appends one judgement of each item, in their order; items of one prompt stand together. Every two answers of a prompt
/// are shown in both orders, settings.num_evals_to_average times. The score is rubric.max_score times the mean
/// of preference_of over these comparisons, by probabilities where settings.read is "expected"; absent where no
/// comparison has one, as of an answer that is alone. Each reply is kept with both of its answers, worth 1, 0.5 or
/// 0 to either.
void judge_by_comparisons(const Writer& judge, const Rubric& rubric, const std::vector<JudgeItem>& items,
                          const JudgeSettings& settings, RecordSink<Judgement>& out);

/// How the answers of a prompt meet.
struct RoundRobin {
  int64_t times = 1;      // that every two are compared
  bool weighted = false;  // by probabilities
  double max_score = 5;
};
/// The same by any judge, in shards of `shard_size` prompts.
void judge_by_comparisons(const ComparisonJudge& judge, const std::vector<JudgeItem>& items,
                          const RoundRobin& rules, int64_t shard_size, RecordSink<Judgement>& out);

/// judge_by_comparisons, or what the other forms do (judge_answers).
void judge_in_form(const Writer& judge, const Rubric& rubric, const std::vector<JudgeItem>& items,
                   const JudgeSettings& settings, RecordSink<Judgement>& out);

}  // namespace selfreward
