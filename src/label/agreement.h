#pragma once
// How the judgements of a model agree with a person's labels.
#include "label/labels.h"

namespace selfreward {

/// Throws Error, naming `file`, where it has no judgements, one of a prompt or an answer that is not among those of
/// `tasks` (prompts that cannot be labelled count), or two of one answer.
void check_judgements(const std::vector<Judgement>& judgements, const LabelTasks& tasks,
                      const std::string& file);

/// {"prompts", "pairs", "agree", "tied", "missing"} of `ranked`, the prompts that are labelled whole: pairs of answers
/// that the person finds different, and of these the ones that `judgements` order alike, that they find equal, and that
/// have an answer without a score.
Json agreement(const LabelTasks& tasks, const std::vector<RankedAnswers>& ranked,
               const std::vector<Judgement>& judgements);

}  // namespace selfreward
