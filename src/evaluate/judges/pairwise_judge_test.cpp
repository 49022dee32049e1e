#include "evaluate/judges/pairwise_judge.h"

#include <doctest/doctest.h>

using namespace selfreward;

namespace {
PairwiseRubric rubric() {
  return PairwiseRubric::load(SELFREWARD_SOURCE_DIR "/rubrics/pairwise.yaml");
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
