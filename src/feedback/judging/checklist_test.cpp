#include "feedback/judging/checklist.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "feedback/judging/score_parser.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

Checklist checklist(const std::string& json) {
  return checklist_of(parse_json(json, "test"));
}

Rubric rubric_of(const std::string& yaml) {
  const fs::path path = scratch("r.yaml");
  write_file_atomically(path, yaml);
  return Rubric::load(path);
}

const std::string kTemplate = "template: 'A {response} R {requirement}?'\n";

}  // namespace

TEST_CASE("requirements are texts, or objects with a wording and perhaps a weight") {
  CHECK(checklist("null").empty());
  CHECK((checklist(R"(["Be short."," Be kind. "])") == Checklist{{"Be short."}, {"Be kind."}}));
  CHECK((checklist(R"([{"kind":"words","max":9,"wording":"Be short.","weight":2}])") ==
         Checklist{{"Be short.", 2}}));
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {R"({"a":1})", "wanted a list"},
      {R"(["Be short.", ""])", "requirement 2 is \"\", wanted a sentence"},
      {R"([{"kind":"title"}])", "wanted a sentence, or an object with one in \"wording\""},
      {R"([{"wording":"x","weight":0}])", "requirement 1 has the weight 0, wanted a number above 0"},
      {R"([{"wording":"x","weight":"2"}])", "has the weight \"2\""},
      {R"([{"wording":"x","weight":1e308}])", "at most 1"},
      {R"([{"wording":"x","wieght":3}])", "has the key 'wieght'; known are wording and weight"}};
  for (const auto& [json, message] : wrong)
    CHECK_THROWS_WITH_AS(checklist(json), doctest::Contains(message.c_str()), Error);
}

TEST_CASE("a share is the weighted mean") {
  CHECK(checklist_share({{"a", 3}, {"b", 1}}, {1, 0}) == 0.75);
  CHECK(checklist_share({{"a"}, {"b"}, {"c"}}, {1, 0.5, 0}) == 0.5);
}

TEST_CASE("the verdict is the word at the end of a line; the reply ends there") {
  const Rubric rubric = rubric_of(kTemplate);
  CHECK(rubric.form == JudgeForm::checklist);
  const auto read = [&](const std::string& text, FinishReason reason = FinishReason::stop) {
    return parse_judge_reply(text, reason, rubric);
  };
  CHECK(read("exactly 2 sentences: 1 No way; 2 Yes it is; 2 counted, as many as 2, yes").score == 1);
  CHECK(read("found \"no\", **No.**").score == 0);
  CHECK(read("YES").score == 1);
  CHECK(read("it is yes or no, I do not know").failure == JudgeFailure::no_score);
  CHECK(read("a piano").failure == JudgeFailure::no_score);
  CHECK(read("2 counted", FinishReason::length).failure == JudgeFailure::cut_off);
  CHECK(read("no", FinishReason::length).score == 0);  // judge.sampling.max_new_tokens: 1
  CHECK(read("one: yes\ntwo: no").failure == JudgeFailure::several_scores);
  CHECK(is_score_line("2 counted, as many as 2, yes", rubric));
  CHECK(!is_score_line("2 counted, as many as 2, yes and", rubric));
}

TEST_CASE("a checklist's file has its own keys, and words of its own") {
  const Rubric german =
      rubric_of(kTemplate + "yes: ja\nno: nein\nreply: '{evidence} => {verdict}'\nmax_score: 10\n");
  CHECK(german.reply_of("2 Sätze", true) == "2 Sätze => ja");
  CHECK(parse_judge_reply(german.reply_of("2 Sätze", false), FinishReason::stop, german).score == 0);
  CHECK(german.render("I", "{requirement}", "R") == "A {requirement} R R?");
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"min_score: 1\n", "min_score belongs to another form of rubric: the template has {requirement}"},
      {"score_line: 'Score: {score}'\n", "score_line belongs to another form"},
      {"verdict_pattern: 'yes|no'\n", "has no group; put the words into parentheses"},
      {"yes: 'No'\n", "yes and no are 'No' and 'no', wanted two words that differ by more than their case"},
      {"reply: '{evidence}'\n", "{verdict}"},
      {"requirements: ['']\n", "an entry of requirements is empty"},
      {"max_score: 0\n", "max_score is 0, wanted a number above 0"}};
  for (const auto& [yaml, message] : wrong)
    CHECK_THROWS_WITH_AS(rubric_of(kTemplate + yaml), doctest::Contains(message.c_str()), Error);
  CHECK_THROWS_WITH_AS(rubric_of("template: '{instruction} {response}'\nyes: ja\n"),
                       doctest::Contains("yes belongs to another form of rubric: the template has no"),
                       Error);
  CHECK_THROWS_WITH_AS(rubric_of("template: '{requirement}'\n"), doctest::Contains("{response}"), Error);
}

TEST_CASE("words are read in any case and in any script; what a checklist writes it has to read") {
  const Rubric russian = rubric_of(kTemplate + "yes: \u0414\u0430\nno: \u043D\u0435\u0442\n");
  CHECK(parse_judge_reply("\u0434\u0430", FinishReason::stop, russian).score == 1);
  CHECK(parse_judge_reply("x, \u041D\u0415\u0422.", FinishReason::stop, russian).score == 0);
  CHECK_NOTHROW(check_score_line(russian, "r.yaml"));
  const Rubric odd = rubric_of(kTemplate + "yes: 'a\\E('\n");
  CHECK(parse_judge_reply("a\\E(", FinishReason::stop, odd).score == 1);
  const Rubric group = rubric_of(kTemplate + "verdict_pattern: '(yes|no)( [a-z])?$'\n");
  CHECK(parse_judge_reply("yes x", FinishReason::stop, group).score == 1);  // group 2 is no scale
  for (const char* more : {"verdict_pattern: 'Verdict: (yes|no)'\n", "verdict_pattern: '(ja|nein)$'\n",
                           "reply: '{verdict}: {evidence}'\n"})
    CHECK_THROWS_WITH_AS(check_score_line(rubric_of(kTemplate + more), "r.yaml"),
                         doctest::Contains("make verdict_pattern, yes, no and reply fit each other"), Error);
  CHECK(rubric_of("template: '{response} {{requirement}}'\n").render("", "A", "R") == "A R");
}
