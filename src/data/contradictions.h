#pragma once
// Labels that contradict each other teach nothing: both sides are left out and counted.
#include "data/filtered.h"
#include "data/records.h"

namespace selfreward {

/// The verdicts but those on one requirement of one answer to one prompt of which some say yes and some no. Left out:
/// "contradicting".
Filtered<VerdictRow> without_contradictions(std::vector<VerdictRow> verdicts);

/// The groups but those of one prompt that order two answers in opposite ways; a tie contradicts no order. Left out:
/// "contradicting".
Filtered<RankedAnswers> without_contradictions(std::vector<RankedAnswers> groups);

}  // namespace selfreward
