#include "feedback/judging/choice_tokens.h"

#include <doctest/doctest.h>

#include <cmath>

#include "model/policy/causal_lm.h"
#include "support/fixtures.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

Tokenizer tiny_tokenizer() {
  return Tokenizer::load(kTinyLlama);
}

Rubric rubric_of(const std::string& yaml) {
  const fs::path path = scratch("r.yaml");
  write_file_atomically(path, yaml);
  return Rubric::load(path);
}

Rubric five_points() {
  return rubric_of("template: '{instruction} {response}'\n");
}

/// A reply as if it had been sampled, with the logits of the watched tokens one more for each next token.
Completion reply_of(const Tokenizer& tokenizer, const ChoiceTokens& tokens, const std::string& text) {
  Completion reply{tokenizer.encode(text), text};
  for (size_t i = 0; i < reply.ids.size(); ++i) {
    reply.watched.emplace_back();
    for (size_t w = 0; w < tokens.watched().size(); ++w)
      reply.watched.back().push_back(static_cast<float>(w) * 0.1f);
  }
  return reply;
}

}  // namespace

TEST_CASE("the expected value is the sum of value times probability") {
  const auto scores = choices_of(five_points());
  REQUIRE(scores.size() == 6);
  CHECK(expected_value(scores, {0, 0, 0, 1, 0, 0}) == 3);
  CHECK(expected_value(scores, {0.5, 0.25, 0, 0, 0, 0.25}) == doctest::Approx(1.5));
}

TEST_CASE("tokens that spell one choice are summed, over those with the same characters before it") {
  const Tokenizer tokenizer = tiny_tokenizer();
  const Rubric rubric = five_points();
  const ChoiceTokens tokens(tokenizer, rubric);
  const Completion reply = reply_of(tokenizer, tokens, "It names 2 of 5 things.\nScore: 4");
  const auto shares = tokens.probabilities(rubric.score_pattern, reply);
  REQUIRE(shares);
  std::vector<double> by_hand(6);
  double total = 0;
  for (size_t w = 0; w < tokens.watched().size(); ++w) {
    const std::string spelling = tokenizer.id_to_token(tokens.watched()[w]);
    if (spelling.size() != 1) continue;  // the reply's own token is the bare digit
    by_hand[static_cast<size_t>(spelling[0] - '0')] += std::exp(0.1 * static_cast<double>(w));
    total += std::exp(0.1 * static_cast<double>(w));
  }
  REQUIRE(tokenizer.id_to_token(reply.ids.back()) == "4");
  for (size_t i = 0; i < 6; ++i) CHECK((*shares)[i] == doctest::Approx(by_hand[i] / total).epsilon(1e-6));
}

TEST_CASE("a score that no single token writes has no probabilities") {
  const Tokenizer tokenizer = tiny_tokenizer();
  const Rubric rubric = five_points();
  const ChoiceTokens tokens(tokenizer, rubric);
  for (const char* text : {"Score: 4.5", "Score: 4.0", "no score at all"}) {
    const Completion reply = reply_of(tokenizer, tokens, text);
    CHECK(!tokens.probabilities(rubric.score_pattern, reply));
  }
}

TEST_CASE("what no token spells, and scores of more than a digit, are errors at the start") {
  const Tokenizer tokenizer = tiny_tokenizer();
  CHECK_THROWS_WITH_AS(
      ChoiceTokens(tokenizer, rubric_of("template: '{response} {requirement}'\nyes: e\nno: absolutely-so\n")),
      doctest::Contains("no token of the model's vocabulary spells 'absolutely-so'"), Error);
  CHECK_THROWS_WITH_AS(choices_of(rubric_of("template: '{instruction} {response}'\nmax_score: 10\n")),
                       doctest::Contains("whole numbers from 0 to 9"), Error);
}
