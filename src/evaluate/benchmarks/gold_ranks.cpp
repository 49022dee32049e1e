#include "evaluate/benchmarks/gold_ranks.h"

#include <algorithm>

#include "data/answers_by_prompt.h"
#include "data/rated_answers.h"

namespace selfreward {
Filtered<RankedAnswers> ranked_by_gold(const std::vector<Prompt>& prompts,
                                       const std::vector<Candidate>& candidates, const GoldScorer& gold) {
  const AnswersByPrompt answers = answers_by_prompt(prompts, candidates, "[evaluate] ");
  Filtered<RankedAnswers> ranked;
  for (const Prompt& prompt : prompts) {
    const auto& those = answers.at(prompt.id);
    if (those.size() < 2) {
      leave_out(ranked, "fewer_than_two_answers", prompt.id);
      continue;
    }
    RankedAnswers group{prompt.id, prompt.text, {}, {}, prompt.requirements};
    std::vector<double> scores;
    for (const auto& [index, candidate] : those) {
      group.answers.push_back(candidate->text);
      if (const auto score = gold.score(prompt.text, candidate->text)) scores.push_back(*score);
    }
    if (scores.size() < group.answers.size()) {
      leave_out(ranked, "no_gold_score", prompt.id);
      continue;
    }
    group.ranks = ranks_of(scores);
    if (std::count(group.ranks.begin(), group.ranks.end(), 0.0) == std::ssize(group.ranks))
      leave_out(ranked, "all_equal", prompt.id);
    else
      ranked.records.push_back(std::move(group));
  }
  return ranked;
}

}  // namespace selfreward
