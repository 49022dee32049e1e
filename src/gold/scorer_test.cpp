#include "gold/scorer.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {
fs::path rules_file(const std::string& text) {
  const fs::path path = scratch("gold.yaml");
  write_file_atomically(path, text);
  return path;
}
GoldScorer scorer_of(const std::string& text) {
  return GoldScorer::load(rules_file(text));
}

const std::string kGreeting = R"(
prompt_pattern: 'Greet \S+( politely)?\.'
answer_pattern: '[A-Z][^\n]*'
max_score: 2
rules:
  - {when: 'Greet (\S+?)( politely)?\.$', then: '\b$1\b'}
  - {when: 'politely', then: '^(Dear|Good)'}
)";
}  // namespace

TEST_CASE("the score counts the rules that apply and are met") {
  const GoldScorer scorer = scorer_of(kGreeting);
  CHECK(scorer.score("Greet Ann politely.", "Dear Ann") == 2);
  CHECK(scorer.score("Greet Ann politely.", "Hi Ann") == 1);
  CHECK(scorer.score("Greet Ann politely.", "Hi Bob") == 0);
  CHECK(scorer.score("Greet Ann.", "Dear Ann") == 1);  // the second rule does not apply
  CHECK(scorer.score(" Greet Ann.\n", "\nDear Ann ") == 1);
  CHECK(scorer.max_score() == 2);
}

TEST_CASE("a prompt that the pattern does not match as a whole has no gold score") {
  const GoldScorer scorer = scorer_of(kGreeting);
  CHECK(!scorer.score("Greet Ann. Now.", "Dear Ann"));
  CHECK(!scorer.score("Please Greet Ann.", "Dear Ann"));
  CHECK(!scorer.score("", "Dear Ann"));
  CHECK(!scorer.score("Greet \xff.", "Dear Ann"));
}

TEST_CASE("an answer that the answer pattern does not match scores 0") {
  CHECK(scorer_of(kGreeting).score("Greet Ann.", "dear Ann") == 0);
  CHECK(scorer_of(kGreeting).score("Greet Ann.", "") == 0);
  CHECK(scorer_of(kGreeting).score("Greet Ann.", "Dear Ann \xff") == 0);
}

TEST_CASE("whole patterns keep their alternatives together") {
  const GoldScorer scorer =
      scorer_of("prompt_pattern: 'a|b'\nmax_score: 1\nrules: [{when: '', then: 'x'}]\n");
  CHECK(scorer.score("b", "x") == 1);
  CHECK(!scorer.score("ac", "x"));
  CHECK(!scorer.score("cb", "x"));
}

TEST_CASE("what a group caught is taken literally, also where it looks like a pattern") {
  const GoldScorer scorer =
      scorer_of("prompt_pattern: 'say .*'\nmax_score: 1\nrules: [{when: 'say (.*)', then: '^$1$'}]\n");
  for (const char* text : {"a.c", "(((", "[x", "$1", "\\d+", "a|b", "\xc3\xa9*", "#x y"}) {
    CHECK_MESSAGE(scorer.score(str("say ", text), text) == 1, text);
    CHECK_MESSAGE(scorer.score(str("say ", text), "abc") == 0, text);
  }
}

TEST_CASE("a group that took no part is empty") {
  const GoldScorer scorer =
      scorer_of("prompt_pattern: '.*'\nmax_score: 1\nrules: [{when: 'x(a)?', then: '^b$1c$'}]\n");
  CHECK(scorer.score("x", "bc") == 1);
  CHECK(scorer.score("xa", "bac") == 1);
}

TEST_CASE("a mistake in the file is reported with the file, the rule and what was found") {
  const std::string start = "prompt_pattern: x\nmax_score: 1\nrules: ", file = rules_file("").string();
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "[gold] " + file + ": the file is empty, expected keys and values"},
      {"- a", "[gold] " + file + ": the file is a list, expected keys and values"},
      {"a: [", "[gold] " + file + ", line 1, column 1: this is not valid YAML: "},
      {"promt_pattern: x", "unknown key 'promt_pattern'; did you mean 'prompt_pattern'?"},
      {"max_score: 1", ": prompt_pattern is missing, expected a text"},
      {"prompt_pattern: [a]\nmax_score: 1", "line 1: prompt_pattern is a list, expected a text"},
      {"prompt_pattern: '('\nmax_score: 1", "missing closing parenthesis"},
      {"prompt_pattern: x\nmax_score: 1", ": rules is missing, expected a list"},
      {"prompt_pattern: x\nmax_score: five", "line 2: max_score is \"five\", expected a finite number"},
      {"prompt_pattern: x\nmax_score: .inf", "line 2: max_score is \".inf\", expected a finite number"},
      {"prompt_pattern: x\nmax_score: 1\nmax_score: 2",
       "line 3: max_score is set a second time, after line 2"},
      {start + "[{when: a, then: b, when: c}]", "line 3: rules.when is set a second time, after line 3"},
      {start + "[{when: a, then: b}]\n---\nmax_score: 2", "line 4, column 1: expected the end of the file"},
      {"prompt_pattern: x\nmax_score: 0\nrules: [{when: a, then: b}]",
       "max_score is 0, it must be more than 0"},
      {start + "[]", "line 3: rules is empty, expected a list of {when, then}"},
      {start + "[{when: a, then: b}, c]", file + ", line 3: rules[1] is \"c\", expected keys and values"},
      {start + "[{when: a}]", file + ": rules[0].then is missing, expected a text"},
      {start + "[{when: a, than: b}]", "line 3: rules[0]: unknown key 'than'; did you mean 'then'?"},
      {start + "[{when: '(a', then: b}]", "line 3: rules[0].when: [regex] '(a' is wrong at character 2"},
      {start + "[{when: 'a)(b', then: b}]", "rules[0].when: [regex] 'a)(b' is wrong"},
      {start + "[{when: '(a)', then: '$2'}]", "rules[0].then: '$2' uses $2 but '(a)' has 1 groups"},
      {start + "[{when: '(a)', then: '[$1'}]", "rules[0].then: [regex] '[1' is wrong"},
  };
  for (const auto& [text, message] : cases)
    CHECK_THROWS_WITH_AS(scorer_of(text), doctest::Contains(message.c_str()), Error);
}

TEST_CASE("a missing rules file is an error with its path") {
  CHECK_THROWS_WITH_AS(GoldScorer::load("/nonexistent/gold.yaml"),
                       doctest::Contains("/nonexistent/gold.yaml"), Error);
}
