#pragma once
// What a round did, in numbers: M{t}/round.json for the report and the monitors.
#include "recipe/round.h"

namespace selfreward {

/// Writes counts, drops by reason, the scores' histogram, mean, deviation and entropy, the mean variance of
/// the K replies, and, where there are gold rules, how often a pair agrees with them.
void write_round_summary(const Round& round, const std::vector<Prompt>& prompts,
                         const std::vector<Candidate>& candidates, const std::vector<Judgement>& judgements,
                         const std::vector<PreferencePair>& pairs);

/// Of a round that is done: gold_agreement by the gold rules as they are now, where round.json has it by
/// others, and what the monitor says of it.
void follow_gold_rules(const Round& round);

}  // namespace selfreward
