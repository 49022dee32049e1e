#include "feedback/pairs/scored_candidates.h"

#include <algorithm>
#include <cmath>

#include "data/answers_by_prompt.h"

namespace selfreward {
namespace {

struct Mean {
  double sum = 0, count = 0;
};

/// The means of what its replies say, by requirement; replies without a score say nothing.
std::map<std::string, Mean> by_requirement(const Judgement& judgement) {
  std::map<std::string, Mean> means;
  for (const JudgeReply& reply : judgement.replies) {
    const auto value = reply.expected ? reply.expected : reply.score;
    if (reply.requirement.empty() || !value) continue;
    means[reply.requirement].sum += *value;
    means[reply.requirement].count += 1;
  }
  return means;
}

ScoredCandidate& candidate_of(CandidatesByPrompt& joined, const std::string& prompt_id, int64_t index,
                              const char* what) {
  const auto prompt = joined.find(prompt_id);
  check(prompt != joined.end() && prompt->second.contains(index), "[pairs] the ", what, " of candidate ",
        index, " of prompt '", prompt_id, "' has no candidate; are the files of one round?");
  return prompt->second[index];
}

}  // namespace

CandidatesByPrompt join_round(const RoundAnswers& round) {
  CandidatesByPrompt joined;
  for (const auto& [id, answers] : answers_by_prompt(round.prompts, round.candidates, "[pairs] ")) {
    auto& scored = joined[id];
    for (const auto& [index, candidate] : answers) scored.emplace(index, ScoredCandidate{candidate});
  }
  for (const Judgement& judgement : round.judgements) {
    ScoredCandidate& judged = candidate_of(joined, judgement.prompt_id, judgement.index, "judgement");
    check(!judged.judgement, "[pairs] candidate ", judgement.index, " of prompt '", judgement.prompt_id,
          "' has two judgements");
    judged.judgement = &judgement;
  }
  for (const CandidateReward& reward : round.rewards)
    candidate_of(joined, reward.prompt_id, reward.index, "reward").reward = reward.reward();
  return joined;
}

double largest_gap(const Judgement& a, const Judgement& b) {
  const auto means = by_requirement(a), others = by_requirement(b);
  std::optional<double> gap;
  for (const auto& [requirement, mean] : means) {
    const auto other = others.find(requirement);
    if (other == others.end()) continue;
    gap =
        std::max(gap.value_or(0), std::abs(mean.sum / mean.count - other->second.sum / other->second.count));
  }
  return gap ? *gap : std::abs(a.score.value_or(0) - b.score.value_or(0));
}

}  // namespace selfreward
