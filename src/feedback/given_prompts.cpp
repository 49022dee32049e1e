#include "feedback/given_prompts.h"

#include "data/unique_ids.h"

namespace selfreward {

std::vector<Prompt> given_prompts(const fs::path& jsonl, int64_t num_prompts, int64_t t) {
  const auto all = read_prompts(jsonl);
  check(std::ssize(all) / num_prompts >= t, "[prompts] ", jsonl.string(), " has ", all.size(),
        " prompts, but ", t, " rounds of prompts.num_prompts = ", num_prompts, " need ", t, " times ",
        num_prompts, "; set a smaller number, or add prompts");
  const auto begin = all.begin() + (t - 1) * num_prompts;
  return {begin, begin + num_prompts};
}

}  // namespace selfreward
