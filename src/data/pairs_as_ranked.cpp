#include "data/pairs_as_ranked.h"

#include "data/formats.h"
#include "data/readers.h"

namespace selfreward {
namespace {

/// Ids address randomness and name rows; two records must not share one.
void tell_apart(std::vector<RankedAnswers>& groups) {
  std::map<std::string, int64_t> seen;
  for (RankedAnswers& group : groups)
    if (const int64_t n = ++seen[group.id]; n > 1) group.id += "#" + std::to_string(n);
}

}  // namespace

Filtered<RankedAnswers> pairs_as_ranked(const std::vector<PreferencePair>& pairs) {
  Filtered<RankedAnswers> result;
  for (const PreferencePair& pair : pairs) {
    if (pair.prompt.size() != 1 || pair.prompt[0].role != "user") {
      leave_out(result, "prompt_is_not_one_user_message", "pair " + pair.prompt_id);
      continue;
    }
    result.records.push_back({pair.prompt_id, pair.prompt[0].content, {pair.chosen, pair.rejected}, {0, 1}});
  }
  tell_apart(result.records);
  return result;
}

Filtered<RankedAnswers> read_ranked_or_pairs(const fs::path& path, const Languages& languages) {
  if (purpose_of(first_row(path)) != Purpose::preferences) {
    auto ranked = read_ranked(path, languages);
    tell_apart(ranked.records);
    return ranked;
  }
  const Filtered<PreferencePair> pairs = read_preferences(path);
  Filtered<RankedAnswers> result = pairs_as_ranked(pairs.records);
  add_counts(result.dropped, pairs.dropped);
  result.places.insert(pairs.places.begin(), pairs.places.end());
  return result;
}

}  // namespace selfreward
