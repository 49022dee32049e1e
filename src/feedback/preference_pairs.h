#pragma once
// From scored candidates to what is trained (paper, section 2.4): the best answer of a prompt against its
// worst. The functions are pure: no model, no randomness, the order of the prompts is kept.
#include "data/filtered.h"
#include "data/records.h"

namespace selfreward {

/// One pair per prompt: the highest mean score is chosen, the lowest rejected; among equals the lowest
/// candidate index. Candidates without a score take no part. Prompts without a pair are counted as
///   "fewer_than_two_scores", "tie" (all scores are equal) or "identical_texts" (one text, judged twice).
/// Throws Error when the records are not of one round (unknown prompt, judgement without candidate,
/// duplicates).
Filtered<PreferencePair> build_preference_pairs(const std::vector<Prompt>& prompts,
                                                const std::vector<Candidate>& candidates,
                                                const std::vector<Judgement>& judgements);

/// The variant without rejected answers (appendix A.4): every candidate whose mean score is `max_score`
/// becomes an SFT example of source "aift" and id "{prompt_id}/{index}". Candidates left out are counted as
/// "no_score", "below_maximum" or "identical_texts" (a copy of an example of the same prompt).
Filtered<Example> build_positive_examples(const std::vector<Prompt>& prompts,
                                          const std::vector<Candidate>& candidates,
                                          const std::vector<Judgement>& judgements, double max_score);

}  // namespace selfreward
