#pragma once
// The judge's part of the world: each requirement is restated with what was found and the verdict, then
// comes the score. Without the evidence a model this small ticks every box.
//   starts c found c yes ; 2 vowels found 1 no ; no repeats found none yes ; ... Score: 4
#include "base/seed.h"
#include "playground/words.h"

namespace selfreward::playground {

/// The user turn that asks for a judgement: the template of playground/rubric.yaml, filled in.
std::string judge_prompt(std::string_view instruction, std::string_view response);

/// What a look at the word shows about the requirement: a letter, a count or "none".
std::string evidence(const Requirement& requirement, std::string_view word);

/// Whether each requirement is met, in order.
std::vector<bool> right_verdicts(const Requirements& requirements, std::string_view word);
/// `verdicts` with each one turned round with probability `noise`.
std::vector<bool> noisy_verdicts(std::vector<bool> verdicts, double noise, const Seed& seed);

/// The judge's reply: the evidence is always right, the score is the number of positive verdicts.
std::string judgement_text(const Requirements& requirements, std::string_view word,
                           const std::vector<bool>& verdicts);

}  // namespace selfreward::playground
