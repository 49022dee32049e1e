#include "feedback/preference_pairs.h"

#include <doctest/doctest.h>

#include <numeric>

using namespace selfreward;

namespace {

using Scores = std::vector<std::optional<double>>;
constexpr std::nullopt_t kNone = std::nullopt;

/// One round: prompt i has the candidates of row i, "text<j>" with token ids {j}, and their mean scores.
struct Round {
  std::vector<Prompt> prompts;
  std::vector<Candidate> candidates;
  std::vector<Judgement> judgements;

  explicit Round(const std::vector<Scores>& rows) {
    for (const Scores& scores : rows) {
      const std::string id = str("p", prompts.size());
      prompts.push_back({id, "do " + id, "M0"});
      for (size_t j = 0; j < scores.size(); ++j) {
        const auto index = static_cast<int64_t>(j);
        candidates.push_back({id, index, {index}, str("text", j), FinishReason::stop});
        judgements.push_back({id, index, {}, scores[j]});
      }
    }
  }
  Filtered<PreferencePair> pairs() const { return build_preference_pairs(prompts, candidates, judgements); }
  Filtered<Example> positive() const { return build_positive_examples(prompts, candidates, judgements, 5); }
};

using Counts = std::map<std::string, int64_t>;

}  // namespace

TEST_CASE("the best mean score is chosen, the worst rejected, the lowest index among equals") {
  struct Case {
    Scores scores;
    std::string chosen, rejected;
  };
  const std::vector<Case> table = {
      {{1.0, 5.0, 3.0, 2.0}, "text1", "text0"},
      {{4.0, 5.0, 5.0, 4.0}, "text1", "text0"},
      {{5.0, 4.0, 4.0, 5.0}, "text0", "text1"},
      {{0.0, 1.0}, "text1", "text0"},                 // a score of zero is a score
      {{11.0 / 3, 4.0, 10.0 / 3}, "text1", "text2"},  // means keep their thirds
      {{kNone, 5.0, 3.0, kNone}, "text1", "text2"},   // what has no score is never the rejected answer
      {{kNone, kNone, 2.0, 2.5}, "text3", "text2"},
  };
  for (const Case& row : table) {
    const auto result = Round({row.scores}).pairs();
    REQUIRE(result.records.size() == 1);
    CHECK(result.records[0].chosen == row.chosen);
    CHECK(result.records[0].rejected == row.rejected);
    CHECK(result.dropped.empty());
  }
}

TEST_CASE("a pair carries the prompt, both scores and the sampled ids") {
  const auto pair = Round({{1.5, 4.0}}).pairs().records.at(0);
  CHECK(pair.prompt_id == "p0");
  CHECK(pair.prompt == Conversation{{"user", "do p0"}});
  CHECK(pair.score_chosen == 4.0);
  CHECK(pair.score_rejected == 1.5);
  CHECK(pair.chosen_ids == TokenIds{1});
  CHECK(pair.rejected_ids == TokenIds{0});
}

TEST_CASE("a prompt without a pair is counted and the prompts after it still give theirs") {
  const auto result =
      Round({{4.0, 4.0, 4.0}, {5.0, kNone, kNone}, {kNone, kNone}, {4.0, kNone, 4.0}, {}, {1.0, 2.0}})
          .pairs();
  REQUIRE(result.records.size() == 1);
  CHECK(result.records[0].prompt_id == "p5");
  CHECK(result.dropped == Counts{{"tie", 2}, {"fewer_than_two_scores", 3}});
}

TEST_CASE("one text that was judged twice is no pair") {
  Round round({{5.0, 3.0, 4.0}});
  round.candidates[1].text = "text0";
  CHECK(round.pairs().dropped == Counts{{"identical_texts", 1}});
}

TEST_CASE("candidates without a judgement take no part") {
  Round round({{5.0, 3.0, 1.0}});
  round.judgements.pop_back();
  CHECK(round.pairs().records.at(0).rejected == "text1");
}

TEST_CASE("the order of candidates and judgements in their files does not matter") {
  Round round({{2.0, 2.0, 5.0, 5.0}, {1.0, 3.0}});
  const auto before = Json(round.pairs().records).dump();
  std::reverse(round.candidates.begin(), round.candidates.end());
  std::reverse(round.judgements.begin(), round.judgements.end());
  CHECK(Json(round.pairs().records).dump() == before);
}

TEST_CASE("files of different rounds are an error") {
  Round round({{1.0, 2.0}});
  const auto broken = [&](auto change) {
    Round copy = round;
    change(copy);
    CHECK_THROWS_AS(copy.pairs(), Error);
    CHECK_THROWS_AS(copy.positive(), Error);
  };
  broken([](Round& r) { r.candidates[0].prompt_id = "other"; });
  broken([](Round& r) { r.judgements[0].index = 7; });
  broken([](Round& r) { r.judgements[0].prompt_id = "other"; });
  broken([](Round& r) { r.judgements.push_back(r.judgements[0]); });
  broken([](Round& r) { r.candidates.push_back(r.candidates[0]); });
  broken([](Round& r) { r.prompts.push_back(r.prompts[0]); });
}

TEST_CASE("positive examples are the answers with a perfect mean, each text once") {
  Round round({{5.0, 4.9, kNone, 5.0}, {5.0, 5.0}, {3.0, 2.0}});
  round.candidates[5].text = round.candidates[4].text;
  const auto result = round.positive();
  REQUIRE(result.records.size() == 3);
  CHECK(result.records[1].id == "p0/3");
  CHECK(result.records[1].source == "aift");
  CHECK(result.records[1].messages == Conversation{{"user", "do p0"}, {"assistant", "text3"}});
  CHECK(result.dropped == Counts{{"below_maximum", 3}, {"no_score", 1}, {"identical_texts", 1}});
  CHECK(std::accumulate(result.dropped.begin(), result.dropped.end(), int64_t{3},
                        [](int64_t sum, const auto& entry) { return sum + entry.second; }) == 8);
}
