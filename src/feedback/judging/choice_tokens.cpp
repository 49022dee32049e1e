#include "feedback/judging/choice_tokens.h"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "feedback/judging/matches_in_reply.h"

namespace selfreward {
namespace {

bool is_digit_score(double score) {
  return score == std::floor(score) && score >= 0 && score <= 9;
}

bool is_alphanumeric(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

/// "yes", "Yes", "YES".
std::vector<std::string> cases_of(const std::string& word) {
  std::string small = word, capital = word, all = word;
  for (char& c : small) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (char& c : all) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  capital = all.substr(0, 1) + small.substr(1);
  return {small, capital, all};
}

std::vector<Choice> whole_scores(const Rubric& rubric) {
  check(
      is_digit_score(rubric.min_score) && is_digit_score(rubric.max_score), "[judge] rubric ", rubric.name,
      " scores from ", rubric.min_score, " to ", rubric.max_score,
      "; an expected score needs whole numbers from 0 to 9; take samples or greedy scores (judge.read: text)");
  std::vector<Choice> choices;
  for (double score = rubric.min_score; score <= rubric.max_score; ++score)
    choices.push_back({score, {str(score)}});
  return choices;
}

/// The token that writes byte `at` of the decoded reply: the last one whose end is behind it. Replies end
/// with what is sought, so the search begins at the end.
std::optional<size_t> token_at(const Tokenizer& tokenizer, const TokenIds& reply, const std::string& text,
                               size_t at) {
  const std::string_view wanted = std::string_view(text).substr(0, at + 1);
  for (size_t count = reply.size(); count > 0; --count) {
    const TokenIds before(reply.begin(), reply.begin() + static_cast<std::ptrdiff_t>(count) - 1);
    if (!tokenizer.decode(before).starts_with(wanted)) return count - 1;
  }
  return std::nullopt;
}

}  // namespace

std::vector<Choice> choices_of(const Rubric& rubric) {
  if (rubric.form == JudgeForm::checklist) return {{0, cases_of(rubric.no)}, {1, cases_of(rubric.yes)}};
  return whole_scores(rubric);
}

ChoiceTokens::ChoiceTokens(const Tokenizer& tokenizer, const Rubric& rubric) : tokenizer_(tokenizer) {
  const auto choices = choices_of(rubric);
  num_choices_ = choices.size();
  find_tokens(choices);
  check_spelled(choices, rubric.name);
}

void ChoiceTokens::check_spelled(const std::vector<Choice>& choices, const std::string& rubric) const {
  for (size_t i = 0; i < choices.size(); ++i)
    check(std::any_of(spellings_.begin(), spellings_.end(), [&](const Spelling& s) { return s.choice == i; }),
          "[judge] rubric ", rubric, ": no token of the model's vocabulary spells '", choices[i].spellings[0],
          "', so its probability cannot be read; choose another word, or judge.read: text");
  check(
      std::any_of(spellings_.begin(), spellings_.end(),
                  [&](const Spelling& s) { return spells_all(s.before); }),
      "[judge] rubric ", rubric, ": '", choices.front().spellings[0], "' and '", choices.back().spellings[0],
      "' are no tokens of one kind in the model's vocabulary (one alone, the other behind a space), so no place "
      "is a choice between them; choose other words, or judge.read: text");
}

bool ChoiceTokens::spells_all(const std::string& before) const {
  for (size_t choice = 0; choice < num_choices_; ++choice)
    if (std::none_of(spellings_.begin(), spellings_.end(),
                     [&](const Spelling& s) { return s.choice == choice && s.before == before; }))
      return false;
  return true;
}

void ChoiceTokens::find_tokens(const std::vector<Choice>& choices) {
  for (int64_t id = 0; id < tokenizer_.vocab_size(); ++id) {
    if (!tokenizer_.has_token(id) || tokenizer_.is_special(id)) continue;
    const std::string& token = tokenizer_.id_to_token(id);
    for (size_t i = 0; i < choices.size(); ++i)
      for (const std::string& spelling : choices[i].spellings) {
        if (!token.ends_with(spelling)) continue;
        const std::string before = token.substr(0, token.size() - spelling.size());
        if (std::any_of(before.begin(), before.end(), is_alphanumeric)) continue;  // "eyes", "14"
        ids_.push_back(id);
        spellings_.push_back({i, before});
        break;
      }
  }
}

std::optional<std::vector<double>> ChoiceTokens::probabilities(const Regex& pattern,
                                                               const Completion& reply) const {
  const std::string text = tokenizer_.decode(reply.ids);
  const auto matches = matches_in_reply(pattern, text);
  if (matches.empty() || matches.back().at(1).in(text).empty()) return std::nullopt;
  const Regex::Group said = matches.back()[1];
  const auto index = token_at(tokenizer_, reply.ids, text, said.begin);
  if (!index) return std::nullopt;
  const auto found = std::find(ids_.begin(), ids_.end(), reply.ids[*index]);
  if (found == ids_.end() || !tokenizer_.id_to_token(*found).ends_with(said.in(text))) return std::nullopt;
  const std::string& before = spellings_[static_cast<size_t>(found - ids_.begin())].before;
  if (!spells_all(before)) return std::nullopt;
  return shares_at(reply.watched.at(*index), before);
}

std::vector<double> ChoiceTokens::shares_at(const std::vector<float>& logits,
                                            const std::string& before) const {
  double maximum = -std::numeric_limits<double>::infinity(), total = 0;
  for (size_t i = 0; i < ids_.size(); ++i)
    if (spellings_[i].before == before) maximum = std::max(maximum, static_cast<double>(logits[i]));
  std::vector<double> shares(num_choices_);
  for (size_t i = 0; i < ids_.size(); ++i) {
    if (spellings_[i].before != before) continue;
    const double share = std::exp(static_cast<double>(logits[i]) - maximum);
    shares[spellings_[i].choice] += share;
    total += share;
  }
  for (double& share : shares) share /= total;
  return shares;
}

double expected_value(const std::vector<Choice>& choices, const std::vector<double>& probabilities) {
  double sum = 0;
  for (size_t i = 0; i < choices.size(); ++i) sum += choices[i].value * probabilities.at(i);
  return sum;
}

}  // namespace selfreward
