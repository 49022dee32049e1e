#include "feedback/eft.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "feedback/judging/score_parser.h"

using namespace selfreward;

namespace {

Rubric rubric() {
  return Rubric::load(SELFREWARD_SOURCE_DIR "/rubrics/additive5.yaml");
}

RankedAnswers group(const std::string& id, std::vector<double> ranks) {
  RankedAnswers ranked{id, "Say hello", {}, std::move(ranks)};
  for (size_t i = 0; i < ranked.ranks.size(); ++i) ranked.answers.push_back(str("answer ", i));
  return ranked;
}

std::vector<Judgement> judged(const std::string& id, const std::vector<std::optional<double>>& scores) {
  std::vector<Judgement> judgements;
  for (size_t i = 0; i < scores.size(); ++i) {
    JudgeReply reply{str("because. Score: ", i), scores[i], std::nullopt};
    if (!scores[i]) reply.failure = JudgeFailure::no_score;
    judgements.push_back({id, static_cast<int64_t>(i), {reply}, scores[i]});
  }
  return judgements;
}

}  // namespace

TEST_CASE("judgements of a prompt are kept where they order its answers as the ranks do") {
  struct Row {
    std::vector<double> ranks;
    std::vector<std::optional<double>> scores;
    const char* dropped;  // the reason, or null where they are kept
  };
  const Row rows[] = {
      {{0, 1, 2}, {5, 4, 1}, nullptr},
      {{2, 0, 1}, {1, 5, 3}, nullptr},
      {{0, 1, 2}, {5, 1, 4}, "order_disagrees"},
      {{0, 1}, {4, 4}, "order_disagrees"},  // different ranks, one score
      {{0, 0, 1}, {4, 4, 2}, nullptr},      // equal ranks, equal scores
      {{0, 0, 1}, {5, 4, 2}, "order_disagrees"},
      {{0, 1}, {5, std::nullopt}, "no_score"},
      {{1, 1}, {3, 3}, "all_ranks_equal"},
  };
  for (const Row& row : rows) {
    const auto made =
        build_eft_examples({group("g", row.ranks)}, judged("g", row.scores), rubric(), {}, Seed(1));
    if (row.dropped) {
      CHECK(made.records.empty());
      CHECK(made.dropped.at(row.dropped) == std::ssize(row.ranks));
    } else {
      CHECK(made.records.size() == row.ranks.size());
    }
  }
}

TEST_CASE("an example is the judge's prompt and the whole reply, reasoning included") {
  const auto made = build_eft_examples({group("g", {0, 1})}, judged("g", {5, 2}), rubric(), {}, Seed(1));
  REQUIRE(made.records.size() == 2);
  CHECK(made.records[1].messages[0].content.find("answer 1") != std::string::npos);
  CHECK(made.records[1].messages[1].content == "because. Score: 1");
  CHECK(made.records[1].source == "eft");
}

TEST_CASE("the most common score is thinned to its share, and the number of examples is capped") {
  std::vector<RankedAnswers> groups;
  std::vector<Judgement> judgements;
  for (int i = 0; i < 40; ++i) {  // 40 times score 4 and 40 different others
    groups.push_back(group(str("g", i), {0, 1}));
    for (auto& judgement : judged(str("g", i), {4, i % 4})) judgements.push_back(judgement);
  }
  EftSettings settings;
  settings.max_score_share = 0.2;
  const auto thinned = build_eft_examples(groups, judgements, rubric(), settings, Seed(1));
  CHECK(thinned.records.size() == 50);  // 40 others and 10 of score 4: a share of 0.2
  CHECK(thinned.dropped.at("common_score") == 30);
  settings.max_examples = 17;
  const auto capped = build_eft_examples(groups, judgements, rubric(), settings, Seed(1));
  CHECK(capped.records.size() == 17);
  CHECK(capped.dropped.at("over_maximum") == 33);
}

TEST_CASE("the share of the most common score holds after the cap too") {
  std::vector<RankedAnswers> groups;
  std::vector<Judgement> judgements;
  std::map<std::string, int64_t> score_of;
  for (int i = 0; i < 2000; ++i) {
    const std::string id = str("g", i);
    groups.push_back(group(id, {0, 1}));
    for (auto& judgement : judged(id, {4, i % 4})) judgements.push_back(judgement);
    score_of[id + "/0"] = 4, score_of[id + "/1"] = i % 4;
  }
  EftSettings settings;
  settings.max_score_share = 0.4;
  settings.max_examples = 1000;
  const auto made = build_eft_examples(groups, judgements, rubric(), settings, Seed(1));
  REQUIRE(made.records.size() == 1000);
  const auto common = std::count_if(made.records.begin(), made.records.end(),
                                    [&](const Example& example) { return score_of.at(example.id) == 4; });
  CHECK(std::abs(static_cast<double>(common) / 1000 - 0.4) < 0.05);  // 3 standard errors of such a draw
}

TEST_CASE(
    "ranks as scores: the best answer gets the maximum, the worst the minimum, and every reply parses") {
  const auto made = eft_from_ranks({group("g", {1, 0, 2}), group("h", {3, 3})}, rubric(), {}, Seed(1));
  REQUIRE(made.records.size() == 3);
  CHECK(made.dropped.at("all_ranks_equal") == 2);
  const double expected[] = {3, 5, 0};
  for (size_t i = 0; i < 3; ++i)
    CHECK(parse_judge_reply(made.records[i].messages[1].content, FinishReason::stop, rubric()).score ==
          expected[i]);
}

TEST_CASE("ranks are written in the rubric's own score line and range") {
  Rubric own = rubric();
  own.min_score = -4, own.max_score = 0;
  own.score_pattern = Regex(R"(Note = (-?\d+) points)");
  own.score_line = "Note = {score} points";
  CHECK_NOTHROW(check_score_line(own, "own.yaml"));
  const auto made = eft_from_ranks({group("g", {0, 1, 2})}, own, {}, Seed(1));
  REQUIRE(made.records.size() == 3);
  const char* const ends[] = {"Note = 0 points", "Note = -2 points", "Note = -4 points"};
  for (size_t i = 0; i < 3; ++i) CHECK(made.records[i].messages[1].content.ends_with(ends[i]));
  CHECK(made.records[0].messages[1].content.starts_with("The answer is excellent"));
  CHECK(made.records[2].messages[1].content.starts_with("The answer is of no use"));
}

TEST_CASE("a score line that its own pattern does not read is an error before anything is trained on it") {
  CHECK_NOTHROW(check_score_line(rubric(), "additive5.yaml"));
  Rubric own = rubric();
  own.score_pattern = Regex(R"(Rating: (\d))");
  CHECK_THROWS_WITH_AS(check_score_line(own, "own.yaml"),
                       doctest::Contains("ends with 'Score: 0' has no score"), Error);
  own.score_line = "Rating: {score}";
  CHECK_NOTHROW(check_score_line(own, "own.yaml"));
  own.max_score = 10;  // the pattern reads one digit
  CHECK_THROWS_WITH_AS(check_score_line(own, "own.yaml"), doctest::Contains("own.yaml"), Error);
}

TEST_CASE("ready judging examples without any score under the rubric are an error, some are counted") {
  const Example good{"a", {{"user", "judge"}, {"assistant", "Fine. Score: 4"}}, "eft"},
      bad{"b", {{"user", "judge"}, {"assistant", "Rating: 4"}}, "eft"};
  CHECK(check_eft_scores({good, bad}, rubric(), "r.yaml") == 1);
  CHECK(check_eft_scores({}, rubric(), "r.yaml") == 0);
  CHECK_THROWS_WITH_AS(check_eft_scores({bad}, rubric(), "r.yaml"), doctest::Contains("r.yaml"), Error);
}

TEST_CASE("of ready judging examples so many are kept as the setting says, whatever their order") {
  std::vector<Example> ready;
  for (int i = 0; i < 9; ++i) ready.push_back({str("row-", i), {{"user", "u"}, {"assistant", "a"}}, "eft"});
  CHECK(eft_at_most(ready, {}, Seed(1)).records.size() == 9);
  const auto kept = eft_at_most(ready, {.max_examples = 4}, Seed(1));
  CHECK(kept.records.size() == 4);
  CHECK(kept.dropped == Counts{{"over_maximum", 5}});
  std::reverse(ready.begin(), ready.end());
  const auto reversed = eft_at_most(ready, {.max_examples = 4}, Seed(1));
  for (size_t i = 0; i < 4; ++i) CHECK(reversed.records[i].id == kept.records[3 - i].id);
}

TEST_CASE(
    "ranks become verdicts of a checklist: the better half meets its requirements, the worse does not") {
  Rubric rubric = Rubric::load(SELFREWARD_SOURCE_DIR "/rubrics/checklist.yaml");
  rubric.template_text = "A {response} R {requirement}";
  rubric.requirements = {{"Be true."}, {"Be brief."}};
  const auto made = eft_from_ranks({group("p", {0, 1, 2, 0.5}), group("equal", {1, 1})}, rubric, {}, Seed(1));
  CHECK(made.dropped == Counts{{"middle_rank", 1}, {"all_ranks_equal", 2}});
  REQUIRE(made.records.size() == 6);  // three answers, two requirements
  const std::vector<std::pair<std::string, std::string>> right = {
      {"A answer 0 R Be true.", "yes"}, {"A answer 0 R Be brief.", "yes"}, {"A answer 2 R Be true.", "no"},
      {"A answer 2 R Be brief.", "no"}, {"A answer 3 R Be true.", "yes"},  {"A answer 3 R Be brief.", "yes"}};
  for (size_t i = 0; i < right.size(); ++i) {
    CHECK(made.records[i].messages[0].content == right[i].first);
    CHECK(made.records[i].messages[1].content == right[i].second);
  }
  const auto capped = eft_from_ranks({group("p", {0, 1})}, rubric, {.max_examples = 2}, Seed(1));
  CHECK(capped.records.size() == 2);
  CHECK(capped.dropped == Counts{{"over_maximum", 2}});
}
