#pragma once
// Ranks as verdicts on one requirement a time, and such verdicts as ranks.
#include "data/filtered.h"
#include "data/records.h"
#include "feedback/judging/checklist.h"

namespace selfreward {

/// A verdict without evidence on each of `requirements` for each answer: met where people rank it in the better half
/// between the best and the worst rank of its prompt, not met in the worse. So it is one verdict on the whole, in
/// several wordings. Left out: "all_ranks_equal", and "middle_rank", an answer right between.
Filtered<VerdictRow> verdicts_by_ranks(const std::vector<RankedAnswers>& ranked,
                                       const Checklist& requirements);

/// Verdicts as ranked answers, with their requirements as texts: of each prompt the answers that have a verdict on all
/// of its requirements, by the share that is met. Left out: "contradicting" verdicts, an "incomplete_answer", and
/// prompts with "fewer_than_two_answers" or "all_equal".
Filtered<RankedAnswers> ranked_by_verdicts(const std::vector<VerdictRow>& verdicts);

}  // namespace selfreward
