#include "evaluate/benchmarks/gold_ranks.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "data/rated_answers.h"

namespace selfreward {
namespace {

using ByPrompt = std::map<std::string, std::map<int64_t, const Candidate*>>;

ByPrompt by_prompt(const std::vector<Prompt>& prompts, const std::vector<Candidate>& candidates) {
  std::set<std::string> known;
  for (const Prompt& prompt : prompts) known.insert(prompt.id);
  ByPrompt answers;
  for (const Candidate& candidate : candidates) {
    check(known.contains(candidate.prompt_id), "[evaluate] candidate of prompt '", candidate.prompt_id,
          "', which is not among the prompts");
    check(answers[candidate.prompt_id].emplace(candidate.index, &candidate).second, "[evaluate] prompt '",
          candidate.prompt_id, "' has two candidates ", candidate.index);
  }
  return answers;
}

}  // namespace

Filtered<RankedAnswers> ranked_by_gold(const std::vector<Prompt>& prompts,
                                       const std::vector<Candidate>& candidates, const GoldScorer& gold) {
  const ByPrompt answers = by_prompt(prompts, candidates);
  Filtered<RankedAnswers> ranked;
  for (const Prompt& prompt : prompts) {
    const auto found = answers.find(prompt.id);
    if (found == answers.end() || found->second.size() < 2) {
      leave_out(ranked, "fewer_than_two_answers", prompt.id);
      continue;
    }
    RankedAnswers group{prompt.id, prompt.text, {}, {}, prompt.requirements};
    std::vector<double> scores;
    for (const auto& [index, candidate] : found->second) {
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
