#pragma once
// One model against another, in all the figures that a reader needs to trust a win rate.
#include "base/seed.h"
#include "evaluate/statistics/win_rate.h"

namespace selfreward {

/// Two answers to one instruction. `preference` for the first model, 0 .. 1.
struct ComparedAnswers {
  std::optional<double> preference;
  std::string category;  // may be empty
  int64_t first_length = 0, second_length = 0;
  BothOrders verdicts;  // none where no judge was asked
};

/// Keys: n, missing, wins, ties, losses, win_rate, standard_error, interval_95; the same for each category
/// and for answers shorter than 0.8 of the other model's, of like length, and longer than 1.25 of it;
/// length_controlled {win_rate, standard_error, formula, weights} or {missing: why}; position {verdicts,
/// ties, first_shown_wins, share, pairs, disagreements}. What cannot be computed is null.
Json head_to_head(const std::vector<ComparedAnswers>& answers, const Seed& seed);

/// A table of such objects with the keys "a" and "b" beside; categories and lengths below the pair's line.
std::string head_to_head_table(const Json& pairs);

}  // namespace selfreward
