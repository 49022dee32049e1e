#pragma once
// A model's own answers as ranked ones, by a true score: what a judge of them is measured on.
#include "data/filtered.h"
#include "data/records.h"
#include "gold/scorer.h"

namespace selfreward {

/// The answers to each prompt in the order of their indices; an answer's rank is the number of those that score
/// more. Left out: "no_gold_score", "fewer_than_two_answers", and "all_equal", prompts whose answers all have one
/// score, about which no judge can be wrong. A candidate of an unknown prompt is an Error.
Filtered<RankedAnswers> ranked_by_gold(const std::vector<Prompt>& prompts,
                                       const std::vector<Candidate>& candidates, const GoldScorer& gold);

}  // namespace selfreward
