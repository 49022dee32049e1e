#pragma once
// LLM-as-a-Judge: M_t scores its own answers with a rubric, K times each (section 2.2 of the paper, step 3).
#include "data/record_file.h"
#include "feedback/rubric.h"
#include "feedback/settings.h"
#include "gold/scorer.h"
#include "infer/generator.h"

namespace selfreward {

/// An answer to be judged.
struct JudgeItem {
  std::string prompt_id;
  std::string prompt;
  int64_t index = 0;  // of the answer among those to this prompt
  std::string answer;
};

/// Each candidate with the text of its prompt; a candidate of an unknown prompt is an error.
std::vector<JudgeItem> judge_items(const std::vector<Prompt>& prompts,
                                   const std::vector<Candidate>& candidates);
/// Each ranked answer.
std::vector<JudgeItem> judge_items(const std::vector<RankedAnswers>& ranked);

/// The judge's prompt for an answer, as a conversation to be answered.
Conversation judge_conversation(const Rubric& rubric, const JudgeItem& item);
/// How replies are sampled: each ends with its score line. The rubric must outlive it.
SamplingParams judge_sampling(const SamplingSettings& sampling, const Rubric& rubric);

/// Appends one judgement of each item: settings.num_evals_to_average replies of the policy, the score their
/// mean. A reply ends with its score line (is_score_line). An item that does not fit the context is judged by
/// no reply and counted as "too_long".
void judge_answers(const Writer& judge, const Rubric& rubric, const std::vector<JudgeItem>& items,
                   const JudgeSettings& settings, RecordSink<Judgement>& out);

/// A judge that needs no model, to compare with: "random" (0 .. max_score), "longest" (the number of words),
/// or "gold" (the true score, absent where the prompt has none; needs `gold`).
struct NullJudge {
  std::string kind;
  const GoldScorer* gold;  // or null
  double max_score;
  Seed seed;
};
/// Its score of one answer. An unknown kind is an Error.
std::optional<double> score_without_model(const NullJudge& judge, const JudgeItem& item);
/// Appends its score of each item as a judgement. The kind "gold" without rules is an Error.
void judge_without_model(const NullJudge& judge, const std::vector<JudgeItem>& items,
                         RecordSink<Judgement>& out);

}  // namespace selfreward
