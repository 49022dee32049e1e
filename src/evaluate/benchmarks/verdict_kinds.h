#pragma once
// How right a checklist judge is, by kind of requirement: where it fails, and whether it looked or guessed.
#include "base/seed.h"
#include "data/records.h"
#include "feedback/judging/rubric.h"

namespace selfreward {

/// The verdicts on requirements that have a rule (gold/requirement.h), against what the rule finds:
///   {"all": counts, "kinds": {kind: counts}} with counts of
///     n, right, right_share, right_share_interval
///                    verdicts, and those that are as the rule's; a reply without one is wrong
///     majority       those that the more common verdict of their kind would have right
///     exact, exact_share, exact_share_interval, exact_right
///                    replies that note the rule's own evidence (RequirementVerdict), and the right ones of them
///     brier          of soft verdicts: the mean squared distance of P(yes) from 1 (met) or 0 (Brier 1950)
/// Intervals are 95 % bootstrap intervals of the share over the prompts that have the kind, drawn by `seed`.
/// Null where no requirement has a rule.
Json verdict_kinds(const std::vector<RankedAnswers>& ranked, const std::vector<Judgement>& judgements,
                   const Rubric& rubric, const Seed& seed);

}  // namespace selfreward
