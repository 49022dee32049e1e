#pragma once
// Head-to-head comparison by a judge that sees two answers, asked in both orders (section 3.1.1 of the paper,
// with a local model in place of GPT-4).
#include "evaluate/statistics/win_rate.h"
#include "feedback/judging/judge.h"

namespace selfreward {

/// A prompt template with {instruction}, {response_a}, {response_b} and a pattern whose group 1 is A, B or
/// tie.
struct PairwiseRubric {
  std::string template_text;
  Regex verdict_pattern{"a^"};

  /// The part of a rubric for two answers that a comparison needs.
  static PairwiseRubric of(const Rubric& rubric);
  /// A file as Rubric::load reads it; one for a single answer is an error.
  static PairwiseRubric load(const fs::path& path);
  /// The texts are put in once: braces inside an answer stay as they are.
  std::string render(const std::string& instruction, const std::string& a, const std::string& b) const;
};

/// The last match of the pattern, upper or lower case; absent where there is none, or where the pattern tries
/// too many ways on the reply.
std::optional<Verdict> parse_verdict(const std::string& reply, const PairwiseRubric& rubric);
/// Whether a complete line gives the verdict and ends the reply: the match of the pattern opens it.
bool is_verdict_line(std::string_view line, const PairwiseRubric& rubric);

struct AnswerPair {
  std::string prompt_id, prompt, first, second;
};

}  // namespace selfreward
