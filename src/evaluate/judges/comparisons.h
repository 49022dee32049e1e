#pragma once
// Two answers shown to a judge in both orders: its verdicts, and where it tells them its probabilities.
#include "evaluate/judges/chat_reply.h"
#include "evaluate/judges/pairwise_judge.h"

namespace selfreward {

/// What a judge said of two answers to one instruction.
struct Comparison {
  std::string id;
  bool identical = false;  // the answers are the same text: a tie, and nobody was asked
  std::string reply_shown_first = {}, reply_shown_second = {};
  BothOrders verdicts = {};
  /// Probability of the first model's answer, from the judge's log-probabilities of its verdict, by order.
  std::optional<double> weight_shown_first = {}, weight_shown_second = {};
};
void to_json(Json& json, const Comparison& value);
void from_json(const Json& json, Comparison& value);

/// The verdicts of both orders; identical answers are a tie in both.
BothOrders verdicts_of(const Comparison& comparison);

/// How good the first model's answer is against the second's, 0 .. 1. `weighted`: the mean of both orders'
/// probabilities; else 1, 0.5 or 0, where orders that disagree are 0.5. Absent where an order has none.
std::optional<double> preference_of(const Comparison& comparison, bool weighted);

/// (P(first) + P(tie) / 2) / (P(first) + P(second) + P(tie)) of the answer that was shown first, from the
/// most probable tokens at the place of the verdict. Absent without a verdict or without those tokens.
std::optional<double> verdict_probability(const ChatReply& reply, const PairwiseRubric& rubric);

/// The two questions about each pair of different answers, in the order of the pairs.
std::vector<ChatQuestion> comparison_questions(const PairwiseRubric& rubric,
                                               std::span<const AnswerPair> pairs);

/// Whom a comparison asks, and how.
struct ComparisonJudge {
  Chat chat;
  PairwiseRubric rubric;
  ChatParams params;
};
/// A comparison of each pair, in their order.
std::vector<Comparison> compare(const ComparisonJudge& judge, std::span<const AnswerPair> pairs,
                                const OnDone& on_done);
/// A checkpoint on this machine as such a judge, which stops each reply behind its verdict; `weighted` with
/// the probabilities of its verdicts. The writer's policy must outlive it.
ComparisonJudge local_comparisons(const Writer& judge, const PairwiseRubric& rubric,
                                  const SamplingSettings& sampling, bool weighted = false);
/// Whether a token says a verdict, or begins to.
bool is_verdict_token(const std::string& token);

/// Appends a comparison of each pair, shard by shard.
void compare_answers(const ComparisonJudge& judge, const std::vector<AnswerPair>& pairs, int64_t shard_size,
                     RecordSink<Comparison>& out);
/// The same by a checkpoint on this machine.
void compare_answers(const Writer& judge, const PairwiseRubric& rubric, const std::vector<AnswerPair>& pairs,
                     const SamplingSettings& sampling, RecordSink<Comparison>& out);

}  // namespace selfreward
