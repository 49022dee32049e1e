#include "feedback/verdicts.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "base/seed.h"
#include "data/record_file.h"
#include "feedback/judging/score_parser.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

Prompt prompt_of(const std::string& id, const std::string& requirements) {
  return {id, "Write about tea.", "t", parse_json(requirements, "test")};
}

Candidate candidate_of(const std::string& id, int64_t index, const std::string& text) {
  return {id, index, {}, text, FinishReason::stop};
}

/// `met` verdicts that are yes and `missed` that are no.
void add(std::vector<VerdictRow>& verdicts, const std::string& kind, int met, int missed) {
  for (int i = 0; i < met + missed; ++i)
    verdicts.push_back({str(kind, "-", i), "p", "a", "r", "e", i < met, kind});
}

Rubric checklist() {
  const fs::path path = scratch("checklist.yaml");
  write_file_atomically(path, "template: 'A {response} R {requirement}?'\n");
  return Rubric::load(path);
}

Filtered<VerdictRow> by_rules(const std::vector<Prompt>& prompts, const std::vector<Candidate>& candidates) {
  return verdicts_by_rules(prompts, answers_by_prompt(prompts, candidates, "[eft] "));
}

}  // namespace

TEST_CASE("rules give a verdict with its evidence on each requirement of each answer") {
  const std::vector<Prompt> prompts = {
      prompt_of("p",
                R"([{"kind":"sentences","max":1,"wording":"One sentence."},"Be kind.",{"kind":"title"}])"),
      {"bare", "Write.", "t"}};
  const auto made =
      by_rules(prompts, {candidate_of("p", 0, "Tea is good. Milk too."), candidate_of("p", 1, "Tea is hot."),
                         candidate_of("p", 2, "Tea."), candidate_of("bare", 0, "Tea.")});
  REQUIRE(made.records.size() == 2);
  CHECK(
      Json(made.records[0]).dump() ==
      R"({"id":"p/0/0","prompt":"Write about tea.","answer":"Tea is good. Milk too.","requirement":"One sentence.",)"
      R"("evidence":"at most 1 sentences: 1 Tea is good.; 2 Milk too.; 2 counted, more than 1","met":false,"kind":"sentences at most"})");
  CHECK(made.records[1].met);
  CHECK(made.dropped ==
        Counts{{"no_requirements", 1}, {"no_rule", 2}, {"no_wording", 2}, {"worthless_answer", 1}});
  CHECK(Json(Json(made.records[0]).get<VerdictRow>()) == Json(made.records[0]));
  CHECK_THROWS_WITH_AS(by_rules(prompts, {candidate_of("q", 0, "Tea.")}),
                       doctest::Contains("'q', which is not among the prompts"), Error);
  CHECK_THROWS_WITH_AS(
      by_rules({prompt_of("p", R"([{"kind":"sentence"}])")}, {candidate_of("p", 0, "Tea is hot.")}),
      doctest::Contains("unknown kind 'sentence'; did you mean 'sentences'? (prompt 'p')"), Error);
  for (const char* wrong : {"5", R"("Be kind.")", R"({"kind":"title"})"})
    CHECK_THROWS_WITH_AS(by_rules({prompt_of("p", wrong)}, {candidate_of("p", 0, "Tea is hot.")}),
                         doctest::Contains("wanted a list (prompt 'p')"), Error);
  CHECK_THROWS_WITH_AS(by_rules({prompt_of("p", "[[]]")}, {candidate_of("p", 0, "Tea is hot.")}),
                       doctest::Contains("wanted an object with a kind (prompt 'p')"), Error);
}

TEST_CASE("the common verdict of each kind is thinned, and few rows are shared among kinds and verdicts") {
  std::vector<VerdictRow> all;
  add(all, "title", 30, 10);
  add(all, "json", 2, 20);
  add(all, "words", 0, 5);  // only one verdict: nothing to balance it with
  EftSettings settings;
  CHECK(balanced_verdicts(all, settings, Seed(1)).records.size() == 67);
  settings.max_score_share = 0.6;
  auto made = balanced_verdicts(all, settings, Seed(1));
  CHECK(verdict_counts(made.records).dump() ==
        R"({"title":{"met":15,"not_met":10},"json":{"met":2,"not_met":3},"words":{"met":0,"not_met":5}})");
  CHECK(made.dropped == Counts{{"common_verdict", 32}});
  settings.max_examples = 13;
  made = balanced_verdicts(all, settings, Seed(1));
  CHECK(verdict_counts(made.records).dump() ==
        R"({"title":{"met":3,"not_met":3},"json":{"met":2,"not_met":3},"words":{"met":0,"not_met":2}})");
  CHECK(made.dropped == Counts{{"common_verdict", 32}, {"over_maximum", 22}});
  CHECK(balanced_verdicts(all, settings, Seed(1)).records[0].id == made.records[0].id);
}

TEST_CASE("an example asks and replies as the rubric does, and the judge's parser reads its verdict") {
  std::vector<VerdictRow> verdicts = {
      {"p/0/0", "P", "An answer.", "Be short.", "at most 2 words: An answer.; 2 counted, as many as 2", true},
      {"p/0/1", "P", "An answer.", "Be long.", "", false}};
  const Rubric rubric = checklist();
  const auto examples = verdict_examples(verdicts, rubric);
  CHECK(examples[0].messages[0].content == "A An answer. R Be short.?");
  CHECK(examples[0].messages[1].content == "at most 2 words: An answer.; 2 counted, as many as 2, yes");
  CHECK(examples[1].messages[1].content == "no");
  for (size_t i = 0; i < 2; ++i)
    CHECK(parse_judge_reply(examples[i].messages[1].content, FinishReason::stop, rubric).score ==
          (verdicts[i].met ? 1.0 : 0.0));
  Rubric points;
  points.name = "additive5";
  CHECK_THROWS_WITH_AS(verdict_examples(verdicts, points),
                       doctest::Contains("additive5 has no {requirement}"), Error);
  verdicts[0].evidence = "is it short: no\nsum";
  CHECK_THROWS_WITH_AS(
      verdict_examples(verdicts, rubric),
      doctest::Contains("verdict 'p/0/0': its reply 'is it short: no\nsum, yes' would not be read as yes"),
      Error);
}

TEST_CASE("shares below a half, which turn the balance over, are an error") {
  EftSettings settings;
  settings.max_score_share = 0.4;
  CHECK_THROWS_WITH_AS(balanced_verdicts({}, settings, Seed(1)), doctest::Contains("set 0.5 or more"), Error);
}
