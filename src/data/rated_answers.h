#pragma once
// Several answers to an instruction with a rating each, as distilabel writes them: {"instruction",
// "generations" or "responses", "ratings" or "rating"}.
#include "data/filtered.h"
#include "data/records.h"
#include "data/rows/rows.h"

namespace selfreward {

/// A rank for each rating: how many are better.
std::vector<double> ranks_of(const std::vector<double>& ratings);

/// The answers that have a rating, in the order of the row.
struct RatedAnswers {
  std::vector<std::string> answers;
  std::vector<double> ratings;  // larger is better
  int64_t unrated = 0;          // answers, or ratings, that are null
};
RatedAnswers rated_answers(const Row& row);

/// Adds them as ranked answers: rank 0 is the best rating, equal ratings share a rank. Left out:
/// "reply_unrated" (the answer), "fewer_than_two_rated_answers".
void add_rated_answers(const Row& row, Filtered<RankedAnswers>& result);

/// What is asked in a row without messages: "instruction" (with "input" behind it), "prompt", "question" or
/// "input".
std::string question_of(const Row& row);

}  // namespace selfreward
