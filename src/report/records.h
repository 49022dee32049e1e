#pragma once
// The records of every round of a run, as far as they are there, for what the report says about texts.
#include "data/records.h"
#include "feedback/pairs/candidate_reward.h"
#include "run/paths.h"

namespace selfreward {

struct RoundRecords {
  int64_t t = 0;
  std::vector<Prompt> prompts;
  std::vector<Candidate> candidates;
  std::vector<Judgement> judgements;
  std::vector<CandidateReward> rewards;  // where the choice of pairs asked for them
  std::vector<Candidate> anchors;        // likewise
  std::vector<Judgement> anchor_judgements;
  std::vector<PreferencePair> pairs;
  bool has_pairs = false;  // preferences.jsonl is there: the choice of pairs is done
};

/// Of every round that was begun, by number. Throws Error naming a damaged file and its line.
std::vector<RoundRecords> read_round_records(const RunPaths& run);

/// At most `count` of the texts or records, evenly spread over all of them.
template <typename T>
std::vector<T> evenly_spread(const std::vector<T>& all, size_t count) {
  if (all.size() <= count) return all;
  std::vector<T> some;
  for (size_t i = 0; i < count; ++i) some.push_back(all[i * all.size() / count]);
  return some;
}

}  // namespace selfreward
