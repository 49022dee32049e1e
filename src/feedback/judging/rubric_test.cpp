#include "feedback/judging/rubric.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "feedback/judging/score_parser.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

fs::path file_of(const std::string& name, const std::string& content) {
  const fs::path path = scratch(name);
  write_file_atomically(path, content);
  return path;
}

Rubric with_template(const std::string& text) {
  Rubric rubric;
  rubric.template_text = text;
  return rubric;
}

const std::string kTemplate = "template: 'Q {instruction} A {response}'\n";

}  // namespace

TEST_CASE("a rubric file sets every field; what it leaves out has a default") {
  const Rubric full = Rubric::load(file_of(
      "a.yaml", kTemplate + "name: mine\nmin_score: 1\nmax_score: 10\nscore_pattern: 'Rating: (\\d+)'\n"));
  CHECK(full.name == "mine");
  CHECK(full.min_score == 1);
  CHECK(full.max_score == 10);
  CHECK(parse_judge_reply("Rating: 9", FinishReason::stop, full).score == 9);
  const Rubric bare = Rubric::load(file_of("bare.yaml", kTemplate));
  CHECK(bare.name == "bare");
  CHECK(bare.max_score == 5);
  CHECK(bare.render("1", "2") == "Q 1 A 2");
}

TEST_CASE("placeholders are filled in once, with one pair of braces or two") {
  CHECK(with_template("<{instruction}|{response}>").render("{response}", "{instruction}") ==
        "<{response}|{instruction}>");
  CHECK(with_template("{{instruction}}{{response}}").render("{{response}}", "b") == "{{response}}b");
  CHECK(with_template("{instruction}{response}{instruction}").render("a", "b") == "aba");
  CHECK(with_template("{{instruction} {response}} {x} {").render("a", "b") == "{a b} {x} {");
  CHECK(with_template("{{{response}}}").render("a", "b") == "{b}");
  CHECK(with_template("no placeholder").render("a", "b") == "no placeholder");
}

TEST_CASE("a wrong rubric file is an error that says what to change") {
  const std::vector<std::pair<std::string, std::string>> table = {
      {kTemplate + "max_scores: 5\n", "unknown key 'max_scores'; did you mean 'max_score'?"},
      {kTemplate + "temperature: 5\n", "unknown key 'temperature'; known are"},
      {kTemplate + "max_score: five\n", "line 2: max_score is \"five\", expected a finite number"},
      {kTemplate + "max_score: 0\n", "min_score 0 is not below max_score 0"},
      {kTemplate + "score_pattern: 'Score: [0-9]'\n", "has no group"},
      {kTemplate + "score_pattern: 'Score: ('\n",
       "line 2: score_pattern: [regex] 'Score: (' is wrong at character"},
      {"template: 'Q {instruction}'\n", "the template has no {response}"},
      {"template: [1, 2]\n", "line 1: template is a list, expected a text"},
      {"name: x\n", ": template is missing, expected a text"},
      {kTemplate + "max_score: 5\nmax_score: 9\n", "line 3: max_score is set a second time, after line 2"},
      {kTemplate + "---\nmax_score: 3\n", "line 2, column 1: expected the end of the file"},
      {kTemplate + "min_score: -.inf\n", "line 2: min_score is \"-.inf\", expected a finite number"},
      {kTemplate + "max_score: .nan\n", "line 2: max_score is \".nan\", expected a finite number"},
      {"template: '{instruction} {response_a} {response_b}'\nverdict_pattern: 'A|B'\n",
       "line 2: verdict_pattern 'A|B' has no group; put the letters into parentheses"},
      {"just text {instruction} {response}\n", "then name it .txt"},
      {"a: [1\n", "this is not valid YAML"},
      {"", "expected keys and values"},
      {std::string("\0\x01\xff", 3), "a.yaml"},
  };
  for (const auto& [content, reason] : table) {
    CAPTURE(content);
    CHECK_THROWS_WITH_AS(Rubric::load(file_of("a.yaml", content)), doctest::Contains(reason.c_str()), Error);
  }
  CHECK_THROWS_WITH_AS(Rubric::load("/nonexistent/r.yaml"), doctest::Contains("No such file"), Error);
}

TEST_CASE("a plain text file is a template with defaults") {
  const Rubric rubric = Rubric::load(file_of("plain.txt", "User: {{instruction}}\n<r>{{response}}</r>\n"));
  CHECK(rubric.name == "plain");
  CHECK(rubric.render("hi", "ho") == "User: hi\n<r>ho</r>\n");
}

TEST_CASE("the rubrics that come with the program load and ask for the score in the form that is parsed") {
  for (const char* name : {"additive5", "choice5"}) {
    const Rubric rubric = Rubric::load(fs::path(SELFREWARD_SOURCE_DIR) / "rubrics" / str(name, ".yaml"));
    CHECK(rubric.name == name);
    const std::string asked = rubric.render("THE QUESTION", "THE ANSWER");
    CHECK(asked.find("THE QUESTION") < asked.find("THE ANSWER"));
    CHECK(asked.find("\"Score: <") != std::string::npos);
    CHECK(asked.find('{') == std::string::npos);
    CHECK(rubric.max_score == 5);
  }
  CHECK(Rubric::load(SELFREWARD_SOURCE_DIR "/rubrics/choice5.yaml").min_score == 1);
}

TEST_CASE("the checklists that come with the program load, and read what they write") {
  for (const char* file : {"rubrics/checklist.yaml", "verifiable/checklist.yaml"}) {
    const Rubric rubric = Rubric::load(fs::path(SELFREWARD_SOURCE_DIR) / file);
    CHECK((rubric.form == JudgeForm::checklist));
    CHECK_NOTHROW(check_score_line(rubric, file));
    const std::string asked = rubric.render("THE QUESTION", "THE ANSWER", "THE REQUIREMENT");
    CHECK(asked.find("THE ANSWER") < asked.find("THE REQUIREMENT"));  // what is shared comes first
    CHECK(asked.find('{') == std::string::npos);
  }
  CHECK(Rubric::load(SELFREWARD_SOURCE_DIR "/rubrics/checklist.yaml").requirements.size() == 5);
}

TEST_CASE("the paper's judge prompt loads as it is") {
  const fs::path path = SELFREWARD_SOURCE_DIR "/../shared/data/rubrics/additive5_paper.txt";
  if (!fs::exists(path)) {
    MESSAGE("skipped: ", path.string(), " is absent");
    return;
  }
  const std::string asked = Rubric::load(path).render("THE QUESTION", "THE ANSWER");
  CHECK(asked.find("User: THE QUESTION\n\n<response>THE ANSWER</response>") != std::string::npos);
}
