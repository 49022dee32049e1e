#pragma once
// One model against another on the same prompts (paper, section 3.1.1, figure 3): how often its answer is
// better.
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/json.h"

namespace selfreward {

/// Counts of prompts from the point of view of the first model. `missing` prompts, where a score or verdict
/// is absent, are in no share.
struct WinRate {
  int64_t wins = 0, ties = 0, losses = 0, missing = 0;

  int64_t compared() const { return wins + ties + losses; }
  /// (wins + ties / 2) / compared, 0 .. 1; absent if nothing was compared.
  std::optional<double> rate() const;
  /// Of `rate`: sample standard deviation of 1, 0.5, 0 over the square root of `compared`; absent below two.
  std::optional<double> standard_error() const;
};

/// (score of the first model's answer, score of the second's) per prompt, from a judge or a program.
WinRate win_rate(const std::vector<std::pair<std::optional<double>, std::optional<double>>>& scores);

/// What a pairwise judge said: which of the two answers, in the order in which they were shown, is better.
enum class Verdict { first, second, tie };

/// One prompt judged in both orders; a verdict that could not be read is absent.
struct BothOrders {
  std::optional<Verdict> shown_first;   // the first model's answer was shown first
  std::optional<Verdict> shown_second;  // it was shown second
};

/// The verdicts as keys "shown_first" and "shown_second" of `json`: "first", "second" or "tie", none where
/// absent.
void add_verdicts(Json& json, const BothOrders& verdicts);
BothOrders verdicts_in(const Json& json);

/// A win needs both orders; verdicts that disagree are a tie, which cancels a judge's liking for a position.
WinRate win_rate(const std::vector<BothOrders>& verdicts);

/// Keys wins, ties, losses, missing, win_rate, standard_error (null where absent).
Json to_json(const WinRate& rate);

}  // namespace selfreward
