#pragma once
// What a round did, in numbers: M{t}/round.json for the report and the monitors.
#include "feedback/pairs/scored_candidates.h"
#include "recipe/round.h"

namespace selfreward {

/// Writes counts, drops by reason, the scores' histogram, mean, deviation and entropy, the mean variance of
/// the K replies, the consistency of scores and implicit rewards (implicit_reward.h), where there are any, and,
/// where there are gold rules, how often a pair agrees with them, and what the judge's scores of the answers are worth by
/// them (reward_metrics.h).
void write_round_summary(const Round& round, const RoundAnswers& answers,
                         const std::vector<PreferencePair>& pairs);

/// Adds what a later stage of the round did, under its key, to round.json.
void add_to_round_summary(const RunDirectory& run, int64_t t, const char* key, const Json& value);

/// Of a round that is done: what the gold rules say as they are now, where round.json has it by
/// others, and what the monitor says of it.
void follow_gold_rules(const Round& round);

}  // namespace selfreward
