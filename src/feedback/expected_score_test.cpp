#include "feedback/expected_score.h"

#include <doctest/doctest.h>

#include <cmath>

#include "data/readers.h"
#include "model/policy/causal_lm.h"
#include "support/fixtures.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

Policy tiny_policy() {
  return Policy::load(kSource / "tests/fixtures/tiny_llama", {.device = "cpu", .dtype = "float32"});
}

Rubric five_points() {
  return Rubric::load(kSource / "playground/rubric.yaml");
}

/// Probabilities of `choices` after `sequence`, by a softmax over the whole vocabulary in double,
/// renormalised.
std::vector<double> by_hand(const Policy& policy, const TokenIds& sequence, const TokenIds& choices) {
  const at::NoGradGuard no_grad;
  TokenTree tree;
  tree.add(kNoParent, sequence);
  const torch::Tensor hidden = policy.model().hidden_states(tree_batch(tree, at::kCPU));
  const torch::Tensor logits = policy.model().logits(hidden.slice(0, hidden.size(0) - 1)).to(at::kDouble);
  std::vector<double> exponentials;
  double total = 0, chosen = 0;
  for (int64_t id = 0; id < logits.size(1); ++id) total += std::exp(logits[0][id].item<double>());
  for (const int64_t id : choices) exponentials.push_back(std::exp(logits[0][id].item<double>()) / total);
  for (const double share : exponentials) chosen += share;
  for (double& share : exponentials) share /= chosen;
  return exponentials;
}

}  // namespace

TEST_CASE("the expected score is the sum of score times probability") {
  CHECK(expected_score({0, 0, 0, 1, 0, 0}, 0) == 3);
  CHECK(expected_score({0.5, 0.25, 0, 0, 0.25}, 1) == doctest::Approx(0.5 + 0.5 + 1.25));
}

TEST_CASE("probabilities of the digits equal those of a whole softmax, whatever shares the forward") {
  const Policy policy = tiny_policy();
  const Tokenizer& tokenizer = policy.tokenizer();
  const std::vector<TokenIds> sequences = {
      tokenizer.encode("a long beginning that two sequences share, then one end"),
      tokenizer.encode("a long beginning that two sequences share, and another"), tokenizer.encode("short"),
      tokenizer.encode("short")};
  TokenIds digits;
  for (const char* digit : {"0", "1", "2", "3", "4", "5"}) digits.push_back(*tokenizer.token_to_id(digit));
  const auto found =
      choice_probabilities(policy.model(), sequences, std::vector<TokenIds>(sequences.size(), digits));
  REQUIRE(found.size() == 4);
  for (size_t i = 0; i < found.size(); ++i) {
    const auto expected = by_hand(policy, sequences[i], digits);
    for (size_t d = 0; d < digits.size(); ++d)
      CHECK(found[i][d] == doctest::Approx(expected[d]).epsilon(1e-4));
  }
  CHECK(found[2] == found[3]);
  CHECK(found[0] != found[1]);
}

TEST_CASE("the score's token is found in the reply, with the tokens that would write the other scores") {
  const Tokenizer tokenizer = tiny_policy().tokenizer();
  const Rubric rubric = five_points();
  const TokenIds reply = tokenizer.encode("It names 2 of 5 things, é.\nScore: 4");
  const auto token = find_score_token(tokenizer, rubric, reply, 4);
  REQUIRE(token);
  CHECK(token->index == reply.size() - 1);
  REQUIRE(token->choices.size() == 6);
  CHECK(token->choices[4] == reply.back());
  TokenIds other = reply;
  other.back() = token->choices[2];
  CHECK(tokenizer.decode(other) == "It names 2 of 5 things, é.\nScore: 2");
  TokenIds with_more = reply;
  for (const int64_t id : tokenizer.encode(" of 5\nmore")) with_more.push_back(id);
  CHECK(find_score_token(tokenizer, rubric, with_more, 4)->index == token->index);
}

TEST_CASE("a score that is no single digit has no token") {
  const Tokenizer tokenizer = tiny_policy().tokenizer();
  Rubric rubric;
  CHECK(!find_score_token(tokenizer, rubric, tokenizer.encode("Score: 4.5"), 4.5));
  CHECK(!find_score_token(tokenizer, rubric, tokenizer.encode("Score: 4.0"), 4));
  CHECK(!find_score_token(tokenizer, rubric, tokenizer.encode("no score at all"), 4));
  rubric.max_score = 10;
  CHECK_THROWS_WITH_AS(check_digit_scores(rubric), doctest::Contains("whole numbers from 0 to 9"), Error);
  rubric.max_score = 5;
  CHECK_NOTHROW(check_digit_scores(rubric));
}

TEST_CASE("replies are greedy, do not depend on the shards, and survive the file") {
  Policy policy = Policy::load(kSource / "playground/m0", {.device = "cpu", .dtype = "float32"});
  std::vector<JudgeItem> items;
  for (const RankedAnswers& group : read_ranked(kSource / "playground/data/held_out_ranked.jsonl").records)
    if (items.size() < 12) items.push_back({group.id, group.prompt, 0, group.answers[0]});
  items.push_back({"long", str("write a word :", std::string(3000, 'x')), 0, "a b c"});
  std::vector<std::vector<double>> expected;
  for (const int64_t shard_size : {5, 100}) {
    const fs::path path = scratch_dir() / "x.jsonl";
    const auto scores = memo<ExpectedScore>(path, [&](RecordSink<ExpectedScore>& out) {
      expect_scores({policy, {.shard_size = shard_size}, Seed(1)}, five_points(), items,
                    {.max_new_tokens = 64, .temperature = 1.0}, out);
    });
    REQUIRE(scores.size() == items.size());
    CHECK(scores.back().greedy.replies.empty());
    CHECK(read_json(counts_file(path))["too_long"] == 1);
    expected.emplace_back();
    for (const ExpectedScore& score : scores) {
      if (!score.expected) continue;
      expected.back().push_back(*score.expected);
      CHECK(*score.expected == doctest::Approx(expected_score(score.probabilities, 0)));
      const double likeliest =
          static_cast<double>(std::max_element(score.probabilities.begin(), score.probabilities.end()) -
                              score.probabilities.begin());
      CHECK(likeliest == *score.greedy.score);  // greedy wrote the most probable digit
    }
    CHECK(to_line(Json(read_jsonl<ExpectedScore>(path)[0])) == to_line(Json(scores[0])));
  }
  CHECK(expected[0].size() == 12);
  REQUIRE(expected[0].size() == expected[1].size());
  for (size_t i = 0; i < expected[0].size(); ++i)
    CHECK(expected[0][i] == doctest::Approx(expected[1][i]).epsilon(1e-5));
}
