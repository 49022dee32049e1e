#include "evaluate/judges/pairwise_judge.h"

#include "base/text_util.h"
#include "feedback/judging/matches_in_reply.h"
#include "feedback/judging/score_parser.h"

namespace selfreward {
PairwiseRubric PairwiseRubric::of(const Rubric& rubric) {
  return {rubric.template_text, rubric.score_pattern};
}

PairwiseRubric PairwiseRubric::load(const fs::path& path) {
  const Rubric rubric = Rubric::load(path);
  check(rubric.form == JudgeForm::pairwise, "[rubric] ", path.string(),
        ": the template has no {response_a} and {response_b}, wanted one that shows two answers");
  return of(rubric);
}

std::string PairwiseRubric::render(const std::string& instruction, const std::string& a,
                                   const std::string& b) const {
  return render_two_answers(template_text, instruction, a, b);
}

std::optional<Verdict> parse_verdict(const std::string& reply, const PairwiseRubric& rubric) {
  const auto matches = matches_in_reply(rubric.verdict_pattern, reply);
  if (matches.empty() || matches.back().size() < 2) return std::nullopt;
  const std::string name = ascii_lower(std::string(matches.back()[1].in(reply)));
  if (name == "a") return Verdict::first;
  if (name == "b") return Verdict::second;
  return Verdict::tie;
}

bool is_verdict_line(std::string_view line, const PairwiseRubric& rubric) {
  const auto matches = matches_in_reply(rubric.verdict_pattern, line);
  return !matches.empty() && begins_line(line, matches[0][0].begin);
}

}  // namespace selfreward
