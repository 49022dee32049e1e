#include "feedback/verdict_ranks.h"

#include <algorithm>
#include <map>

#include "base/format.h"
#include "data/contradictions.h"
#include "data/rated_answers.h"

namespace selfreward {

Filtered<VerdictRow> verdicts_by_ranks(const std::vector<RankedAnswers>& ranked,
                                       const Checklist& requirements) {
  Filtered<VerdictRow> made;
  for (const RankedAnswers& group : ranked) {
    const auto [best, worst] = std::minmax_element(group.ranks.begin(), group.ranks.end());
    const double middle = (*best + *worst) / 2;
    for (size_t i = 0; i < group.answers.size(); ++i) {
      const std::string id = str(group.id, "/", i);
      if (group.ranks[i] == middle)
        leave_out(made, *best == *worst ? "all_ranks_equal" : "middle_rank", id);
      else
        for (size_t r = 0; r < requirements.size(); ++r)
          made.records.push_back({str(id, "/", r), group.prompt, group.answers[i], requirements[r].wording,
                                  "", group.ranks[i] < middle, str("requirement ", r + 1)});
    }
  }
  return made;
}

namespace {

/// One prompt's verdicts: requirements and answers in the order in which they come.
struct PromptVerdicts {
  std::string id;
  std::vector<std::string> requirements, answers;
  std::map<std::pair<std::string, std::string>, bool> met;  // by answer and requirement
};

void add_once(std::vector<std::string>& list, const std::string& text) {
  if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(text);
}

RankedAnswers ranked_of(const std::string& prompt, const PromptVerdicts& of, Filtered<RankedAnswers>& made) {
  RankedAnswers group{of.id, prompt, {}, {}, Json(of.requirements)};
  std::vector<double> num_met;
  for (const std::string& answer : of.answers) {
    int64_t known = 0, met = 0;
    for (const std::string& requirement : of.requirements)
      if (const auto verdict = of.met.find({answer, requirement}); verdict != of.met.end())
        ++known, met += verdict->second;
    if (known < std::ssize(of.requirements)) {
      ++made.dropped["incomplete_answer"];
      continue;
    }
    group.answers.push_back(answer);
    num_met.push_back(static_cast<double>(met));
  }
  group.ranks = ranks_of(num_met);
  return group;
}

}  // namespace

Filtered<RankedAnswers> ranked_by_verdicts(const std::vector<VerdictRow>& verdicts) {
  const auto agreeing = without_contradictions(verdicts);
  std::map<std::string, PromptVerdicts> prompts;
  std::vector<std::string> order;
  for (const VerdictRow& row : agreeing.records) {
    const auto [found, is_new] = prompts.try_emplace(row.prompt);
    if (is_new) order.push_back(row.prompt);
    PromptVerdicts& of = found->second;
    if (of.id.empty()) of.id = row.id;
    add_once(of.requirements, row.requirement);
    add_once(of.answers, row.answer);
    of.met[{row.answer, row.requirement}] = row.met;
  }
  Filtered<RankedAnswers> made{{}, agreeing.dropped, agreeing.places};
  for (const std::string& prompt : order) {
    RankedAnswers group = ranked_of(prompt, prompts.at(prompt), made);
    const bool equal = std::count(group.ranks.begin(), group.ranks.end(), 0.0) == std::ssize(group.ranks);
    if (group.answers.size() < 2)
      ++made.dropped["fewer_than_two_answers"];
    else if (equal)
      ++made.dropped["all_equal"];
    else
      made.records.push_back(std::move(group));
  }
  return made;
}

}  // namespace selfreward
