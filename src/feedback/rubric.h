#pragma once
// How a judge is asked and how its score is read: LLM-as-a-Judge by a prompt (paper, section 2.3 and figure
// 2). rubrics/additive5.yaml is the paper's kind of rubric, rubrics/choice5.yaml the one that it is compared
// with.
#include <string>
#include <string_view>

#include "base/files.h"
#include "base/regex.h"

namespace selfreward {

/// "Score: 4", also "Score: 4/5", "**Score:** 4.5", "Score (0-5): 4", "Score: 1+1+1 = 3"; in any case.
/// Group 1 is the score, group 2 the scale where one is named. Two readings ("3-4", "1+1+1") match nothing.
extern const char* const kDefaultScorePattern;

struct Rubric {
  std::string name;
  /// The judge's prompt with {instruction} and {response} (also {{instruction}}, {{response}}).
  std::string template_text;
  double min_score = 0;
  double max_score = 5;
  /// Group 1 is the score; group 2, if there is one, the scale, which must equal max_score.
  Regex score_pattern{kDefaultScorePattern};
  /// How a judgement that we write ends (eft.source: ranks); {score} is the number.
  std::string score_line = "Score: {score}";

  /// Reads a YAML file with keys name, template, min_score, max_score, score_pattern, score_line (only the
  /// template must be there), or a .txt file that is the template itself. Errors are those of base/yaml_map.h,
  /// and a template without a placeholder.
  static Rubric load(const fs::path& path);

  /// The judge's prompt. Both texts are put in once: braces inside an answer stay as they are.
  std::string render(std::string_view instruction, std::string_view response) const;
  /// score_line with a number in it, as "Score: 4".
  std::string score_line_of(double score) const;
};

}  // namespace selfreward
