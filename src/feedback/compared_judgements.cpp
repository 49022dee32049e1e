#include "feedback/compared_judgements.h"

#include <set>

#include "feedback/pairs/preference_pairs.h"

namespace selfreward {
namespace {

/// The variance of the scores of an answer's replies; 0 where there are fewer than two.
double variance_of(const ScoredCandidate& scored) {
  double count = 0, sum = 0, squares = 0;
  if (scored.judgement)
    for (const JudgeReply& reply : scored.judgement->replies)
      if (reply.score) {
        count += 1;
        sum += *reply.score;
        squares += *reply.score * *reply.score;
      }
  return count < 2 ? 0 : squares / count - sum * sum / (count * count);
}

/// The answer whose judgements differ most; null where none differ.
const ScoredCandidate* most_disputed(const std::map<int64_t, ScoredCandidate>& answers) {
  constexpr double kRounding = 1e-9;
  const ScoredCandidate* found = nullptr;
  double most = kRounding;
  for (const auto& [index, scored] : answers)
    if (const double variance = variance_of(scored); variance > most + kRounding) {
      found = &scored;
      most = variance;
    }
  return found;
}

void add_replies(const std::string& id, const Judgement& judgement, std::vector<Candidate>& judgements) {
  std::set<std::string> seen;
  for (size_t place = 0; place < judgement.replies.size(); ++place) {
    const JudgeReply& reply = judgement.replies[place];
    if (reply.score && seen.insert(reply.text).second)
      judgements.push_back({id, static_cast<int64_t>(place), {}, reply.text, FinishReason::stop});
  }
}

}  // namespace

ComparedJudgements judgements_to_compare(const Rubric& rubric, const RoundAnswers& round) {
  const CandidatesByPrompt answers = join_round(round);
  ComparedJudgements compared;
  for (const Prompt& prompt : round.prompts) {
    const auto found = answers.find(prompt.id);
    const ScoredCandidate* disputed = found == answers.end() ? nullptr : most_disputed(found->second);
    if (!disputed) {
      ++compared.dropped["judgements_agree"];
      continue;
    }
    compared.questions.push_back({prompt.id, rubric.render(prompt.text, disputed->candidate->text), "judge"});
    add_replies(prompt.id, *disputed->judgement, compared.judgements);
  }
  return compared;
}

Filtered<PreferencePair> judgement_pairs(const ComparedJudgements& compared,
                                         const std::vector<Judgement>& verdicts) {
  auto built = build_preference_pairs({compared.questions, compared.judgements, verdicts});
  for (PreferencePair& pair : built.records) pair.prompt_id += "/judge";
  add_counts(built.dropped, compared.dropped);
  return built;
}

}  // namespace selfreward
