#include "data/answers_by_prompt.h"

#include "base/error.h"

namespace selfreward {

AnswersByPrompt answers_by_prompt(const std::vector<Prompt>& prompts,
                                  const std::vector<Candidate>& candidates, const std::string& where) {
  AnswersByPrompt answers;
  for (const Prompt& prompt : prompts)
    check(answers.try_emplace(prompt.id).second, where, "two prompts have the id '", prompt.id, "'");
  for (const Candidate& candidate : candidates) {
    const auto prompt = answers.find(candidate.prompt_id);
    check(prompt != answers.end(), where, "candidate ", candidate.index, " is of prompt '",
          candidate.prompt_id,
          "', which is not among the prompts; do the files of prompts and candidates belong together?");
    check(prompt->second.emplace(candidate.index, &candidate).second, where, "prompt '", candidate.prompt_id,
          "' has two candidates ", candidate.index);
  }
  return answers;
}

}  // namespace selfreward
