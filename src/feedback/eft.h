#pragma once
// Evaluation fine-tuning data (EFT): judgements that agree with human ranks (section 2.1 of the paper).
#include "data/filtered.h"
#include "feedback/judging/judge.h"
#include "feedback/settings.h"

namespace selfreward {

/// The first reply on each answer becomes an example where all replies of its prompt have scores and order
/// the answers as the ranks do (equal ranks: equal scores). The most common score is thinned to
/// settings.max_score_share, then settings.max_examples are kept, both by addressed chance. Dropped
/// judgements by reason: "no_score", "all_ranks_equal", "order_disagrees", "common_score", "over_maximum".
Filtered<Example> build_eft_examples(const std::vector<RankedAnswers>& ranked,
                                     const std::vector<Judgement>& judgements, const Rubric& rubric,
                                     const EftSettings& settings, const Seed& seed);

/// The makeshift for models too small to write a judgement with a score: the ranks themselves as scores, the
/// best answer of a prompt the maximum, the worst the minimum, others evenly between, each with a fixed
/// sentence before it. It teaches the form, and no more of the reasons than the ranks hold. Thinned and
/// capped as above. Under a pairwise rubric: every two answers of different ranks, in an order that chance gives them,
/// and the verdict alone. Under a checklist: verdicts_by_ranks on its own requirements (feedback/verdicts.h).
Filtered<Example> eft_from_ranks(const std::vector<RankedAnswers>& ranked, const Rubric& rubric,
                                 const EftSettings& settings, const Seed& seed);

/// Ready judging examples, of which settings.max_examples are kept ("over_maximum"), by addressed chance, in their order.
Filtered<Example> eft_at_most(std::vector<Example> examples, const EftSettings& settings, const Seed& seed);

/// Throws Error where none of ready judging examples ends with a score of the rubric in `rubric_file`: what
/// is learnt from them could not be read. Returns how many have none.
int64_t check_eft_scores(const std::vector<Example>& examples, const Rubric& rubric,
                         const std::string& rubric_file);

}  // namespace selfreward
