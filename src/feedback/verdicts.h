#pragma once
// Examples of judging one requirement a time: which of a prompt's requirements an answer meets, by rules, and
// these verdicts in the words of a checklist's rubric.
#include "base/seed.h"
#include "data/answers_by_prompt.h"
#include "data/filtered.h"
#include "data/records.h"
#include "feedback/judging/rubric.h"
#include "feedback/settings.h"

namespace selfreward {

/// A verdict on each requirement of each answer's prompt, with the evidence (gold/verifiable.h) behind what is
/// wanted. Counted as left out: "no_wording" and "no_rule", requirements that cannot be asked or checked;
/// "no_requirements" and "worthless_answer" (gold/verifiable.h), answers without a verdict. A rule
/// that is wrong is an Error.
Filtered<VerdictRow> verdicts_by_rules(const std::vector<Prompt>& prompts, const AnswersByPrompt& answers);

/// A choice by addressed chance. Of each kind the more common verdict is thinned to settings.max_score_share
/// ("common_verdict"); then, if there are more than settings.max_examples, kinds and verdicts get equal parts as
/// far as they have rows ("over_maximum"). The order stays.
Filtered<VerdictRow> balanced_verdicts(std::vector<VerdictRow> verdicts, const EftSettings& settings,
                                       const Seed& seed);

/// What the judge is to be asked and to reply, one example for each verdict; without evidence the reply is the
/// verdict alone. A rubric that is no checklist is an Error.
std::vector<Example> verdict_examples(const std::vector<VerdictRow>& verdicts, const Rubric& rubric);

/// {kind: {"met", "not_met"}}.
Json verdict_counts(const std::vector<VerdictRow>& verdicts);

}  // namespace selfreward
