#include "label/agreement.h"

#include <algorithm>
#include <set>

namespace selfreward {
namespace {

using Scores = std::map<std::pair<std::string, int64_t>, std::optional<double>>;

struct Counts {
  int64_t pairs = 0, agree = 0, tied = 0, missing = 0;
};

bool has_answer(const LabelTasks& tasks, const Judgement& judgement) {
  const auto found = tasks.answers.find(judgement.prompt_id);
  return found != tasks.answers.end() &&
         std::any_of(found->second.begin(), found->second.end(),
                     [&](const Candidate& answer) { return answer.index == judgement.index; });
}

/// One pair that the person finds different.
void count_pair(const std::optional<double>& better, const std::optional<double>& worse, Counts& counts) {
  ++counts.pairs;
  if (!better || !worse)
    ++counts.missing;
  else if (*better == *worse)
    ++counts.tied;
  else if (*better > *worse)
    ++counts.agree;
}

void count_pairs(const RankedAnswers& group, const std::vector<Candidate>& answers, Scores& scores,
                 Counts& counts) {
  for (size_t a = 0; a < answers.size(); ++a)
    for (size_t b = 0; b < answers.size(); ++b)
      if (group.ranks[a] < group.ranks[b])  // a is the better one
        count_pair(scores[{group.id, answers[a].index}], scores[{group.id, answers[b].index}], counts);
}

}  // namespace

void check_judgements(const std::vector<Judgement>& judgements, const LabelTasks& tasks,
                      const std::string& file) {
  check(!judgements.empty(), "[label] ", file, " has no judgements");
  std::set<std::pair<std::string, int64_t>> seen;
  for (const Judgement& judgement : judgements) {
    check(has_answer(tasks, judgement), "[label] ", file, " judges answer ", judgement.index, " of prompt '",
          judgement.prompt_id,
          "', which is not among the candidates; do --judgements and --candidates belong together?");
    check(seen.insert({judgement.prompt_id, judgement.index}).second, "[label] ", file, " judges answer ",
          judgement.index, " of prompt '", judgement.prompt_id, "' twice");
  }
}

Json agreement(const LabelTasks& tasks, const std::vector<RankedAnswers>& ranked,
               const std::vector<Judgement>& judgements) {
  Scores scores;
  for (const Judgement& judgement : judgements)
    scores[{judgement.prompt_id, judgement.index}] = judgement.score;
  Counts counts;
  for (const RankedAnswers& group : ranked) count_pairs(group, tasks.answers.at(group.id), scores, counts);
  return {{"prompts", ranked.size()},
          {"pairs", counts.pairs},
          {"agree", counts.agree},
          {"tied", counts.tied},
          {"missing", counts.missing}};
}

}  // namespace selfreward
