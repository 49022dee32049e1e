#pragma once
// Reward modelling (paper, tables 4 and 5): any checkpoints as judges under any rubrics on ranked answers,
// with what needs no judge beside them: random scores, the longest answer, and DPO's implicit reward.
#include "evaluate/benchmarks/evaluation.h"

namespace selfreward {

/// How a score is read: the mean of K sampled replies (settings judge.*), one greedy reply, the expected score at that
/// reply's digit, or the mean of those of K sampled replies.
inline constexpr const char* kScoreKinds[] = {"samples", "greedy", "expected", "expected_samples"};
/// Whether a kind of scores is of K sampled replies.
bool is_sampled(const std::string& scores);

struct RewardEvaluation {
  std::vector<NamedModel> models;
  std::vector<fs::path> rubrics;
  std::vector<std::string> scores;  // of kScoreKinds
  fs::path reference;               // of the implicit reward; empty: none
};

/// Judges every answer of `ranked` and writes reward.json (docs/formats.md), which is returned. Replies are
/// kept in evaluation/{model}/ and not made again. Where they were made from other inputs: an Error, or with
/// `overwrite` they are made again.
Json evaluate_rewards(const RunConfig& config, RunDirectory& run, const RewardEvaluation& evaluation,
                      const std::vector<RankedAnswers>& ranked, bool overwrite);

/// reward.json as plain tables: the metrics of all judges, then what each score of each judge means.
std::string reward_tables(const Json& summary);

}  // namespace selfreward
