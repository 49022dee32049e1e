#pragma once
// The candidates of a round, each with what the judge said about it.
#include <map>
#include <string>
#include <vector>

#include "data/records.h"
#include "feedback/pairs/candidate_reward.h"

namespace selfreward {

struct ScoredCandidate {
  const Candidate* candidate = nullptr;
  const Judgement* judgement = nullptr;  // absent where nobody judged it
  std::optional<double> reward = {};     // CandidateReward::reward, where it was asked for

  std::optional<double> score() const { return judgement ? judgement->score : std::nullopt; }
};

/// The candidates of each prompt, by index.
using CandidatesByPrompt = std::map<std::string, std::map<int64_t, ScoredCandidate>>;

template <typename Record>
const std::vector<Record>& none() {
  static const std::vector<Record> empty;
  return empty;
}

/// What M_t made of a round's prompts; the vectors are the caller's.
struct RoundAnswers {
  const std::vector<Prompt>& prompts;
  const std::vector<Candidate>& candidates;
  const std::vector<Judgement>& judgements;
  const std::vector<CandidateReward>& rewards = none<CandidateReward>();  // of all candidates, or of none
  const std::vector<Candidate>& anchors = none<Candidate>();              // an earlier model's answers
  const std::vector<Judgement>& anchor_judgements = none<Judgement>();
};

/// The candidates, not the anchors; the result points into `candidates` and `judgements`. Throws Error when the records are not of one round (unknown
/// prompt, judgement or reward without candidate, duplicates).
CandidatesByPrompt join_round(const RoundAnswers& round);

/// The most that a single requirement tells two judged answers apart, of 0 to 1: the largest difference of the means
/// over its replies. Of answers that were judged as a whole, the difference of their scores. (RLCF, Viswanathan et al.
/// 2025, arXiv 2507.18624, section 3.)
double largest_gap(const Judgement& a, const Judgement& b);

}  // namespace selfreward
