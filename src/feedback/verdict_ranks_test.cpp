#include "feedback/verdict_ranks.h"

#include <doctest/doctest.h>

#include "base/format.h"

using namespace selfreward;

TEST_CASE("verdicts rank the answers of a prompt by the share of its requirements that they meet") {
  const auto row = [](const char* prompt, const char* answer, const char* requirement, bool met) {
    return VerdictRow{str(prompt, "/", answer, "/", requirement), prompt, answer, requirement, "", met, ""};
  };
  const auto made = ranked_by_verdicts(
      {row("p", "a", "short", true), row("p", "a", "kind", false), row("p", "b", "short", true),
       row("p", "b", "kind", true), row("p", "c", "short", true),  // c has no verdict on "kind"
       row("q", "a", "short", true), row("r", "a", "short", true), row("r", "b", "short", true)});
  REQUIRE(made.records.size() == 1);
  CHECK(made.records[0].answers == std::vector<std::string>{"a", "b"});
  CHECK(made.records[0].ranks == std::vector<double>{1, 0});
  CHECK(made.records[0].requirements == Json::array({"short", "kind"}));
  CHECK(made.dropped == std::map<std::string, int64_t>{
                            {"incomplete_answer", 1}, {"fewer_than_two_answers", 1}, {"all_equal", 1}});
}
