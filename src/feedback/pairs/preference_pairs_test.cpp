#include "feedback/pairs/preference_pairs.h"

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
  Filtered<PreferencePair> pairs(const PairSettings& settings = {}) const {
    return build_preference_pairs({prompts, candidates, judgements}, settings);
  }
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

namespace {

/// "chosen > rejected" of every pair.
std::vector<std::string> orders(const std::vector<PreferencePair>& pairs) {
  std::vector<std::string> texts;
  for (const PreferencePair& pair : pairs) texts.push_back(pair.chosen + " > " + pair.rejected);
  return texts;
}

using Orders = std::vector<std::string>;

}  // namespace

TEST_CASE("all: every two answers of different scores are a pair, and what is none is counted") {
  Round round({{1.0, 3.0, 3.0, kNone}, {2.0, 4.0}, {5.0}});
  round.candidates[2].text = "text0";  // scores 1 and 3 for one text
  const auto made = round.pairs({.choose = "all"});
  CHECK(orders(made.records) == Orders{"text1 > text0", "text1 > text0"});
  CHECK(made.dropped == Counts{{"identical_texts", 1}, {"tie", 1}, {"fewer_than_two_scores", 1}});
  CHECK(made.records[1].prompt_id == "p1");
}

TEST_CASE("margin: pairs whose scores are less apart are left out") {
  const Round round({{1.0, 3.0}, {1.0, 2.0}, {4.0, 4.0}});
  const auto made = round.pairs({.margin = 2});
  CHECK(made.records.size() == 1);  // a gap of the margin itself is enough
  CHECK(made.dropped == Counts{{"below_margin", 1}, {"tie", 1}});
  CHECK(orders(round.pairs({.choose = "all", .margin = 2}).records) == Orders{"text1 > text0"});
}

TEST_CASE("length_band: the shortest of the best against the longest of the worst, as Meta-Rewarding says") {
  // Scores 5, 4.6, 3, 1.3, 1; rho 0.1 makes bands of 0.4: 4.6 - 5 and 1 - 1.4.
  Round round({{5.0, 4.6, 3.0, 1.3, 1.0}});
  const std::vector<std::string> texts{"long and good", "good", "x", "long and bad, too", "bad"};
  for (size_t i = 0; i < texts.size(); ++i) round.candidates[i].text = texts[i];
  const auto made = round.pairs({.choose = "length_band", .rho = 0.1});
  CHECK(orders(made.records) == Orders{"good > long and bad, too"});
  CHECK(made.records[0].score_chosen == 4.6);
  CHECK(orders(round.pairs({.choose = "length_band", .rho = 0.05}).records) == Orders{"long and good > bad"});
  CHECK(round.pairs({.choose = "length_band", .rho = 0}).records[0].chosen == "long and good");
  round.candidates[1].text = "gut\u00e4";  // four characters in five bytes are as long as "good"
  CHECK(round.pairs({.choose = "length_band"}).records[0].chosen == "gut\u00e4");
}

TEST_CASE("top_share: the pairs that one requirement tells apart most are kept, in their order") {
  Round round({{3.0, 2.0}, {4.0, 1.0}, {2.5, 2.0}});
  const auto verdicts = [](std::initializer_list<std::pair<const char*, double>> of) {
    std::vector<JudgeReply> replies;
    for (const auto& [requirement, share] : of) replies.push_back({"", 1.0, {}, requirement, share, {}});
    return replies;
  };
  // Scores of the second prompt are far apart, but by two requirements a little each.
  round.judgements[0].replies = verdicts({{"a", 0.9}, {"b", 0.5}});
  round.judgements[1].replies = verdicts({{"a", 0.2}, {"b", 0.8}});
  round.judgements[2].replies = verdicts({{"a", 0.8}, {"b", 0.7}});
  round.judgements[3].replies = verdicts({{"a", 0.4}, {"b", 0.3}});
  round.judgements[4].replies = verdicts({{"a", 0.9}, {"a", 0.7}});  // two replies on one requirement: 0.8
  round.judgements[5].replies = verdicts({{"a", 0.3}, {"c", 0.0}});
  const auto kept = round.pairs({.top_share = 0.4});  // 0.7, 0.4, 0.5: two of three
  REQUIRE(kept.records.size() == 2);
  CHECK(kept.records[0].prompt_id == "p0");
  CHECK(kept.records[1].prompt_id == "p2");
  CHECK(kept.dropped == Counts{{"below_top_share", 1}});
}

TEST_CASE("top_share of answers that were judged as a whole goes by their scores") {
  const Round round({{3.0, 2.0}, {4.0, 1.0}, {5.0, 2.0}});
  const auto kept = round.pairs({.top_share = 0.5});
  REQUIRE(kept.records.size() == 2);
  CHECK(kept.records[0].prompt_id == "p1");
  CHECK(round.pairs({.top_share = 0.34}).records.size() == 2);  // a share is rounded up
  CHECK(round.pairs({.top_share = 0.33}).records.size() == 1);
}

TEST_CASE("keep agree: pairs that the implicit reward orders the other way are left out") {
  const Round round({{1.0, 3.0}, {2.0, 5.0}, {1.0, 4.0}});
  const auto pairs = [&](const std::vector<CandidateReward>& rewards) {
    return build_preference_pairs({round.prompts, round.candidates, round.judgements, rewards},
                                  {.keep = "agree"});
  };
  // Rewards: p0 -1 and 2, p1 0.5 and 0.5, p2 has one only.
  const auto made = pairs(
      {{"p0", 0, -6, -5}, {"p0", 1, -3, -5}, {"p1", 0, -4.5, -5}, {"p1", 1, -2.5, -3}, {"p2", 1, -1, -9}});
  REQUIRE(made.records.size() == 1);
  CHECK(made.records[0].prompt_id == "p0");
  CHECK(made.dropped == Counts{{"rewards_disagree", 2}});
  CHECK_THROWS_WITH_AS(pairs({{"p9", 0, 0, 0}}), doctest::Contains("reward of candidate 0"), Error);
}

TEST_CASE("anchored: the best answer against the worst of an earlier model's") {
  const Round round({{2.0, 4.0}, {1.0, 1.0}, {3.0, kNone}, {2.0, 2.0}, {5.0, 1.0}});
  Round earlier({{3.0, 1.0}, {1.0, 2.0}, {2.0}, {3.0, 4.0}, {kNone, kNone}});
  for (Candidate& candidate : earlier.candidates) candidate.text = str("old", candidate.index);
  const auto made = build_preference_pairs({round.prompts, round.candidates, round.judgements,
                                            none<CandidateReward>(), earlier.candidates, earlier.judgements},
                                           {.choose = "anchored"});
  CHECK(orders(made.records) == Orders{"text1 > old1", "text0 > old0"});
  CHECK(made.records[1].prompt_id == "p2");  // one answer of either is enough
  CHECK(made.dropped == Counts{{"tie", 1}, {"anchor_is_better", 1}, {"fewer_than_two_scores", 1}});
}
