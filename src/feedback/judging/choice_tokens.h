#pragma once
// The soft reading of a judge's reply: the probabilities of all scores, or of yes and no, at the place where the
// reply writes its own. "[...] count 3, yes" with P(yes) = 0.7 is worth 0.7, not 1.
#include "feedback/judging/rubric.h"
#include "infer/generator.h"

namespace selfreward {

/// What a reply may write at that place: its worth, and the ways to spell it.
struct Choice {
  double value = 0;
  std::vector<std::string> spellings;
};
/// The whole scores from min_score to max_score, or no (0) and yes (1) of a checklist; the lowest first. A
/// rubric whose scores are not whole numbers of one digit is an Error.
std::vector<Choice> choices_of(const Rubric& rubric);

class ChoiceTokens {
 public:
  /// The tokens of a vocabulary that spell the choices, alone or behind a space or a mark (" yes", "(yes").
  /// Throws Error where no characters before them go with all: then no place is a choice among all of them. The
  /// tokenizer must outlive it.
  ChoiceTokens(const Tokenizer& tokenizer, const Rubric& rubric);

  /// What SamplingParams::watched has to be.
  const TokenIds& watched() const { return ids_; }

  /// The probability of each choice where `reply` writes what the last match of `pattern` catches: over the
  /// tokens that have the same characters before the choice, those that spell one choice together. Absent where
  /// no watched token stands there ("4.5", a word in several tokens), or one whose like spells not every choice. `reply` was made with watched().
  std::optional<std::vector<double>> probabilities(const Regex& pattern, const Completion& reply) const;

 private:
  struct Spelling {
    size_t choice;
    std::string before;  // what the token has before the choice
  };
  void find_tokens(const std::vector<Choice>& choices);
  void check_spelled(const std::vector<Choice>& choices, const std::string& rubric) const;
  bool spells_all(const std::string& before) const;
  std::vector<double> shares_at(const std::vector<float>& logits, const std::string& before) const;

  const Tokenizer& tokenizer_;
  TokenIds ids_;
  std::vector<Spelling> spellings_;  // of each id
  size_t num_choices_ = 0;
};

/// Sum of value * probability.
double expected_value(const std::vector<Choice>& choices, const std::vector<double>& probabilities);

}  // namespace selfreward
