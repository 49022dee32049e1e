#pragma once
// Which answers belong to which prompt.
#include <map>
#include <string>
#include <vector>

#include "data/records.h"

namespace selfreward {

/// The candidates of each prompt, by index; of a prompt without any an empty map.
using AnswersByPrompt = std::map<std::string, std::map<int64_t, const Candidate*>>;

/// The result points into `candidates`. Throws Error, which begins with `where` ("[judge] "), where two prompts have one
/// id, a prompt two candidates of one index, or a candidate's prompt is not among them.
AnswersByPrompt answers_by_prompt(const std::vector<Prompt>& prompts,
                                  const std::vector<Candidate>& candidates, const std::string& where);

}  // namespace selfreward
