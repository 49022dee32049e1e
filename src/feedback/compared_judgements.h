#pragma once
// Meta-Rewarding (Wu et al. 2024, arXiv 2407.19594, section 2.4): what a model says of one of its answers is an answer
// too, to the judge's question. Its judgements of one answer are compared, and the best is preferred to the worst.
#include "data/filtered.h"
#include "feedback/judging/rubric.h"
#include "feedback/pairs/scored_candidates.h"

namespace selfreward {

/// Judgements as answers to questions, to be judged as those are.
struct ComparedJudgements {
  std::vector<Prompt> questions;  // the judge's question about one answer of a prompt, with the prompt's id
  std::vector<Candidate>
      judgements;  // the replies to it; the index is a reply's place, there are no token ids
  std::map<std::string, int64_t> dropped;
};

/// Of each prompt the answer whose replies' scores vary most, the first among equals, with its replies that have a score
/// and another text than those before. Counted in `dropped`: "judgements_agree", prompts whose answers all have one
/// score only, or none. `rubric` is of the form rubric. Errors are join_round's.
ComparedJudgements judgements_to_compare(const Rubric& rubric, const RoundAnswers& round);

/// The judgements that `verdicts` find best against those they find worst; a row's id is that of the prompt and "/judge".
/// What gives no pair is counted beside compared.dropped, as build_preference_pairs does.
Filtered<PreferencePair> judgement_pairs(const ComparedJudgements& compared,
                                         const std::vector<Judgement>& verdicts);

}  // namespace selfreward
