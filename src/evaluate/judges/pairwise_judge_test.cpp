#include "evaluate/judges/pairwise_judge.h"

#include <doctest/doctest.h>

#include "support/scratch.h"

using namespace selfreward;

namespace {
PairwiseRubric rubric() {
  return PairwiseRubric::load(SELFREWARD_SOURCE_DIR "/rubrics/pairwise.yaml");
}
PairwiseRubric rubric_of(const std::string& yaml) {
  const fs::path file = scratch("pairwise.yaml");
  write_file_atomically(file, yaml);
  return PairwiseRubric::load(file);
}
}  // namespace

TEST_CASE("verdicts are read from the last line that has one") {
  const std::pair<std::string, std::optional<Verdict>> rows[] = {
      {"A is short. Verdict: B", Verdict::second},
      {"Verdict: A\nOn reflection, verdict: b", Verdict::second},
      {"**Verdict:** A", Verdict::first},
      {"Verdict: tie", Verdict::tie},
      {"Both are fine.", std::nullopt},
      {"Verdict: Apple", std::nullopt},
      {"", std::nullopt},
  };
  for (const auto& [reply, expected] : rows) {
    INFO(reply);
    CHECK(parse_verdict(reply, rubric()) == expected);
  }
}

TEST_CASE("a reply on which the pattern tries too many ways has no verdict, and ends nothing") {
  PairwiseRubric slow = rubric();
  slow.verdict_pattern = Regex("(a+)+b");
  CHECK(parse_verdict(std::string(60, 'a') + "cb", slow) == std::nullopt);
  CHECK(!is_verdict_line(std::string(60, 'a') + "cb", slow));
}

TEST_CASE("a reply ends with a line that begins with the verdict") {
  CHECK(is_verdict_line("Verdict: A", rubric()));
  CHECK(is_verdict_line("**Verdict: tie** because", rubric()));
  CHECK(!is_verdict_line("Verdict:", rubric()));
  CHECK(!is_verdict_line("Verdict: Apple", rubric()));
  CHECK(!is_verdict_line("My verdict: A", rubric()));
}

TEST_CASE("an answer that contains a placeholder is not expanded") {
  const std::string text = rubric().render("Q", "see {response_b}", "second");
  CHECK(text.find("see {response_b}") != std::string::npos);
}

TEST_CASE("a wrong file of a pairwise rubric is an error that says what to change") {
  const std::string good =
      "template: '{instruction} {response_a} {response_b}'\nverdict_pattern: 'Verdict: (A|B|tie)'\n";
  CHECK(parse_verdict("verdict: tie", rubric_of(good)) == Verdict::tie);
  const std::pair<std::string, const char*> rows[] = {
      {"name: x\n", ": template is missing, expected a text"},
      {"template: '{instruction} {response_a}'\n", ": the template has no {response_b}"},
      {good + "verdict: x\n", "line 3: unknown key 'verdict'; "},
      {good + "template: x\n", "line 3: template is set a second time, after line 1"},
      {good + "---\nname: x\n", "line 3, column 1: expected the end of the file"},
      {"template: '{instruction} {response_a} {response_b}'\nverdict_pattern: '('\n",
       "line 2: verdict_pattern: [regex] '(' is wrong"},
      {"- a\n", ": the file is a list, expected keys and values"},
  };
  for (const auto& [yaml, reason] : rows) {
    INFO(yaml);
    CHECK_THROWS_WITH_AS(rubric_of(yaml), doctest::Contains(reason), Error);
  }
}
