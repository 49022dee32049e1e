#pragma once
// The expected score of an answer: the judge reasons greedily, and where it writes the digit of its score the
// probabilities of all scores are read instead of one draw. Sum of score * probability, over the scores
// alone.
#include "feedback/judge.h"
#include "infer/choices.h"

namespace selfreward {

/// Throws Error unless the rubric's scores are whole numbers of one digit, each of which can be one token.
void check_digit_scores(const Rubric& rubric);

/// Where a reply writes its score: the token that holds the digit, and the tokens that would write each score
/// (min_score .. max_score) in its place.
struct ScoreToken {
  size_t index = 0;  // in the reply
  TokenIds choices;
};
/// Absent where the score is no whole number, where the token has other digits beside it, or where the
/// vocabulary has no such token for a score. `reply` is as sampled, `score` what was read from it.
std::optional<ScoreToken> find_score_token(const Tokenizer& tokenizer, const Rubric& rubric,
                                           const TokenIds& reply, double score);

/// Sum of score * probability, of scores min_score, min_score + 1, ...
double expected_score(const std::vector<double>& probabilities, double min_score);

/// A judgement by one greedy reply, and the expected score where that could be read (else absent and empty).
struct ExpectedScore {
  Judgement greedy;
  std::optional<double> expected;
  std::vector<double> probabilities;  // of min_score .. max_score
};
void to_json(Json& json, const ExpectedScore& value);
void from_json(const Json& json, ExpectedScore& value);

/// Appends the expected score of each item; nothing is drawn. Counted: "too_long" (does not fit the context, no
/// reply) and "no_score_token" (find_score_token found none).
void expect_scores(const Writer& judge, const Rubric& rubric, const std::vector<JudgeItem>& items,
                   const SamplingSettings& sampling, RecordSink<ExpectedScore>& out);

}  // namespace selfreward
