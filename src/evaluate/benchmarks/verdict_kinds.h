#pragma once
// How right a checklist judge is, by kind of requirement: where it fails, and whether it looked or guessed.
#include "data/records.h"
#include "feedback/judging/rubric.h"

namespace selfreward {

/// The verdicts on requirements that have a rule (gold/requirement.h), against what the rule finds:
///   {"all": counts, "kinds": {kind: counts}} with counts of
///     n, right, right_share   verdicts, and those that are as the rule's; a reply without one is wrong
///     majority       those that the more common verdict of their kind would have right
///     exact, exact_right   replies that note the rule's own evidence (RequirementVerdict), and the right ones of them
/// and null where no requirement has a rule.
Json verdict_kinds(const std::vector<RankedAnswers>& ranked, const std::vector<Judgement>& judgements,
                   const Rubric& rubric);

}  // namespace selfreward
