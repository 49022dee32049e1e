#include "data/answers_by_prompt.h"

#include <doctest/doctest.h>

#include "base/error.h"

namespace selfreward {
namespace {

Candidate answer(const std::string& prompt, int64_t index, const std::string& text) {
  return {prompt, index, {}, text, FinishReason::stop};
}

}  // namespace

TEST_CASE("answers stand by their prompt and index, whatever their order") {
  const std::vector<Prompt> prompts = {{"p", "x", "t"}, {"q", "y", "t"}};
  const std::vector<Candidate> candidates = {answer("p", 1, "second"), answer("p", 0, "first")};
  const auto answers = answers_by_prompt(prompts, candidates, "[t] ");
  REQUIRE(answers.size() == 2);
  CHECK(answers.at("q").empty());
  REQUIRE(answers.at("p").size() == 2);
  CHECK(answers.at("p").at(0)->text == "first");
  CHECK(answers.at("p").at(1) == &candidates[0]);
}

TEST_CASE("prompts and candidates that do not belong together are an error") {
  const auto error = [](const std::vector<Prompt>& prompts, const std::vector<Candidate>& candidates) {
    try {
      answers_by_prompt(prompts, candidates, "[t] ");
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string("no error");
  };
  const Prompt p{"p", "x", "t"};
  CHECK(
      error({p}, {answer("q", 3, "a")}) ==
      "[t] candidate 3 is of prompt 'q', which is not among the prompts; do the files of prompts and candidates "
      "belong together?");
  CHECK(error({p}, {answer("p", 0, "a"), answer("p", 0, "b")}) == "[t] prompt 'p' has two candidates 0");
  CHECK(error({p, p}, {}) == "[t] two prompts have the id 'p'");
}

}  // namespace selfreward
