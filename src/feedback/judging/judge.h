#pragma once
// LLM-as-a-Judge: M_t scores its own answers, K times each (section 2.2 of the paper, step 3): as a whole with
// a rubric, or one requirement of the prompt a time with a checklist.
#include "data/record_file.h"
#include "feedback/judging/rubric.h"
#include "feedback/judging/settings.h"
#include "gold/scorer.h"
#include "infer/generator.h"

namespace selfreward {

/// An answer to be judged.
struct JudgeItem {
  std::string prompt_id;
  std::string prompt;
  int64_t index = 0;  // of the answer among those to this prompt
  std::string answer;
  Json requirements = nullptr;  // of the prompt's row
};

/// Each candidate with the text of its prompt; a candidate of an unknown prompt is an error.
std::vector<JudgeItem> judge_items(const std::vector<Prompt>& prompts,
                                   const std::vector<Candidate>& candidates);
/// Each ranked answer.
std::vector<JudgeItem> judge_items(const std::vector<RankedAnswers>& ranked);

/// What an answer is asked about: nothing but itself (one entry without wording) under a rubric; of a checklist
/// the requirements of its row, or the rubric's own where settings.requirements is "rubric". Throws Error, with
/// the prompt, where a checklist has none.
Checklist questions_of(const Rubric& rubric, const JudgeItem& item, const JudgeSettings& settings);
/// The judge's prompt for one of them, as a conversation to be answered.
Conversation judge_conversation(const Rubric& rubric, const JudgeItem& item,
                                const std::string& requirement = "");

/// Throws Error for what no judging can begin with: settings.form is not the rubric's, scores that cannot be read
/// as settings.read says, items without what they are asked about.
void check_judge(const Rubric& rubric, const JudgeSettings& settings,
                 const std::vector<JudgeItem>& items = {});
/// The same for one judge: soft scores that its vocabulary cannot give (choice_tokens.h).
void check_judge_tokens(const Tokenizer& tokenizer, const Rubric& rubric, const JudgeSettings& settings);
/// The part of check_judge about the items: what is asked about each is there and can be read.
void check_questions(const Rubric& rubric, const JudgeSettings& settings,
                     const std::vector<JudgeItem>& items);

/// Appends one judgement of each item: to each question settings.num_evals_to_average replies of the policy.
/// A reply ends with its score line (is_score_line). What it is worth is its score, or where settings.read is
/// "expected" its expected score (choice_tokens.h). The judgement's score is the mean under a rubric; of a
/// checklist max_score times the weighted mean of the requirements' means, absent where one has none.
/// Counted: "too_long", items that do not fit the context and get no reply; "no_score_token", replies with a
/// score but without an expected one.
void judge_answers(const Writer& judge, const Rubric& rubric, const std::vector<JudgeItem>& items,
                   const JudgeSettings& settings, RecordSink<Judgement>& out);

/// What judge_answers would have made of the same replies with settings.read "text", from what it made with "expected";
/// `items` and `settings` are those of the call. Not for two answers.
std::vector<Judgement> read_as_text(const Rubric& rubric, const std::vector<JudgeItem>& items,
                                    const JudgeSettings& settings, std::vector<Judgement> judgements);

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
