#pragma once
// From scored candidates to what is trained (paper, section 2.4): the best answer of a prompt against its
// worst, or what PairSettings say. The functions are pure: no model, no randomness, the order of the prompts is kept.
#include "data/filtered.h"
#include "data/records.h"
#include "feedback/pairs/scored_candidates.h"
#include "feedback/pairs/settings.h"

namespace selfreward {

/// By settings.choose
///   best_worst   one pair per prompt: the highest score is chosen, the lowest rejected
///   all          every two answers of a prompt with different scores
///   length_band  with d = rho (highest - lowest): the shortest answer with a score of at least highest - d against
///                the longest with at most lowest + d (Meta-Rewarding, Wu et al. 2024, arXiv 2407.19594, section 2.3)
///   anchored     the highest score against the lowest of the anchors, an earlier model's answers (Temporal
///                Self-Rewarding, Wang et al. 2025, arXiv 2508.06026, section 3)
/// and among equals the lowest candidate index. Lengths are characters. Candidates without a score take no part.
/// Prompts without a pair (of `all`: two answers without one) are counted as "fewer_than_two_scores" (a prompt),
/// "tie" (the scores are equal), "anchor_is_better", "identical_texts" (one text, judged twice), "below_margin" or, with settings.keep
/// agree, "rewards_disagree" (the chosen answer's implicit reward is not the higher one, or one has none). Of what is left
/// settings.top_share is kept, those with the largest_gap, the earlier among equals; "below_top_share" counts the rest.
/// Throws Error when the records are not of one round (join_round).
Filtered<PreferencePair> build_preference_pairs(const RoundAnswers& round, const PairSettings& settings = {});

/// The variant without rejected answers (appendix A.4): every candidate whose mean score is `max_score`
/// becomes an SFT example of source "aift" and id "{prompt_id}/{index}". Candidates left out are counted as
/// "no_score", "below_maximum" or "identical_texts" (a copy of an example of the same prompt).
Filtered<Example> build_positive_examples(const std::vector<Prompt>& prompts,
                                          const std::vector<Candidate>& candidates,
                                          const std::vector<Judgement>& judgements, double max_score);

}  // namespace selfreward
