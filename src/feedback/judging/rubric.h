#pragma once
// How a judge is asked and how its score is read: LLM-as-a-Judge by a prompt (paper, section 2.3 and figure
// 2). rubrics/additive5.yaml is the paper's kind of rubric, rubrics/choice5.yaml the one that it is compared
// with; rubrics/checklist.yaml asks about one requirement a time.
#include <optional>
#include <string>
#include <string_view>

#include "base/files.h"
#include "base/regex.h"
#include "feedback/judging/checklist.h"

namespace selfreward {

/// "Score: 4", also "Score: 4/5", "**Score:** 4.5", "Score (0-5): 4", "Score: 1+1+1 = 3"; in any case.
/// Group 1 is the score, group 2 the scale where one is named. Two readings ("3-4", "1+1+1") match nothing.
extern const char* const kDefaultScorePattern;

/// What one reply of the judge is about: an answer as a whole, one requirement of its prompt, or two answers.
enum class JudgeForm { rubric, checklist, pairwise };
std::string to_string(JudgeForm form);

struct Rubric {
  /// A checklist where the template has {requirement}, pairwise where it has {response_a}.
  JudgeForm form = JudgeForm::rubric;
  std::string name;
  /// The judge's prompt with {instruction} and {response} (also {{instruction}}, {{response}}); a checklist's
  /// with {requirement} and {response}, perhaps {instruction}; of two answers with {instruction}, {response_a} and
  /// {response_b}.
  std::string template_text;
  double min_score = 0;
  double max_score = 5;
  /// Group 1 is the score; group 2, if there is one, the scale, which must equal max_score. Of a checklist
  /// (verdict_pattern) group 1 is `yes` or `no`, of two answers (verdict_pattern) A, B or tie, in any case.
  Regex score_pattern{kDefaultScorePattern};
  /// How a judgement that we write ends (eft.source: ranks); {score} is the number.
  std::string score_line = "Score: {score}";

  /// The same of two answers (eft.source: ranks); {verdict} is A, B or tie.
  std::string verdict_line = "Verdict: {verdict}";
  bool has_verdict_pattern = false;  // without one of its own nothing can be read about two answers

  // Of a checklist:
  std::string yes = "yes", no = "no";
  /// How a reply that we write is put together (eft.source: verdicts), from {evidence} and {verdict}.
  std::string reply = "{evidence}, {verdict}";
  /// What every answer must do (judge.requirements: rubric).
  Checklist requirements;
  /// How a model is asked for the requirements of a prompt (judge.requirements: M0 or self), with {instruction}.
  std::string list_template = {};

  /// Reads a YAML file with keys name, template, max_score, and min_score, score_pattern, score_line, or of a
  /// checklist verdict_pattern, yes, no, reply, requirements, list_template, of two answers verdict_pattern, verdict_line (only the
  /// template must be there, and of two answers the pattern), or a .txt file that is the template itself. Errors are those of base/yaml_map.h, and a template without a placeholder.
  static Rubric load(const fs::path& path);

  /// The judge's prompt. The texts are put in once: braces inside an answer stay as they are.
  std::string render(std::string_view instruction, std::string_view response,
                     std::string_view requirement = "") const;
  /// The lowest and the highest score of one reply: min_score and max_score, or 0 and 1 of the other forms.
  double min_reply_score() const { return form == JudgeForm::rubric ? min_score : 0; }
  double max_reply_score() const { return form == JudgeForm::rubric ? max_score : 1; }
  /// `reply` of a checklist with both in it.
  std::string reply_of(std::string_view evidence, bool met) const;
  /// Of a checklist: whether a word is yes (true) or no, in any case; absent for other words.
  std::optional<bool> verdict_of(std::string_view word) const;
  /// score_line with a number in it, as "Score: 4".
  std::string score_line_of(double score) const;
  /// list_template of a checklist for a prompt.
  std::string render_list(std::string_view instruction) const;
  /// verdict_line of two answers for the better one, A or B.
  std::string verdict_line_of(bool first_is_better) const;
};

/// A judge's prompt about two answers; each text is put in once.
std::string render_two_answers(std::string_view template_text, std::string_view instruction,
                               std::string_view a, std::string_view b);

}  // namespace selfreward
