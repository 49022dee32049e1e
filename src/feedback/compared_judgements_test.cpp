#include "feedback/compared_judgements.h"

#include <doctest/doctest.h>

using namespace selfreward;

namespace {

Rubric rubric() {
  Rubric made;
  made.template_text = "{instruction} -> {response}?";
  return made;
}

JudgeReply reply(const std::string& text, std::optional<double> score) {
  JudgeReply made{text, score, std::nullopt};
  if (!score) made.failure = JudgeFailure::no_score;
  return made;
}

/// Two prompts with two answers each; only the judgements of "p"'s second answer differ much.
const std::vector<Prompt> kPrompts = {{"p", "why", "seed"}, {"q", "how", "seed"}};
const std::vector<Candidate> kAnswers = {
    {"p", 0, {}, "so"}, {"p", 1, {}, "thus"}, {"q", 0, {}, "well"}, {"q", 1, {}, "badly"}};
const std::vector<Judgement> kJudgements = {
    {"p", 0, {reply("a 2", 2), reply("b 3", 3), reply("c 2", 2)}, 2.3},                  // variance 0.22
    {"p", 1, {reply("d 0", 0), reply("e", {}), reply("f 5", 5), reply("d 0", 0)}, 1.7},  // 5.6
    {"q", 0, {reply("g 4", 4), reply("h 4", 4)}, 4},
    {"q", 1, {reply("i", {}), reply("j 1", 1)}, 1}};

}  // namespace

TEST_CASE("of each prompt the judgements of the answer whose scores vary most are compared, each text once") {
  const auto compared = judgements_to_compare(rubric(), {kPrompts, kAnswers, kJudgements});
  REQUIRE(compared.questions.size() == 1);
  CHECK(compared.questions[0].id == "p");
  CHECK(compared.questions[0].text == "why -> thus?");
  REQUIRE(compared.judgements.size() == 2);
  CHECK(compared.judgements[0].text == "d 0");
  CHECK(compared.judgements[1].text == "f 5");
  CHECK(compared.judgements[1].index == 2);
  CHECK(compared.dropped == std::map<std::string, int64_t>{{"judgements_agree", 1}});
}

TEST_CASE("the judgement that won is preferred as a reply to the judge's question") {
  const auto compared = judgements_to_compare(rubric(), {kPrompts, kAnswers, kJudgements});
  const auto pairs = judgement_pairs(compared, {{"p", 0, {}, 1.25}, {"p", 2, {}, 3.75}});
  REQUIRE(pairs.records.size() == 1);
  CHECK(pairs.records[0].prompt_id == "p/judge");
  CHECK(pairs.records[0].prompt == Conversation{{"user", "why -> thus?"}});
  CHECK(pairs.records[0].chosen == "f 5");
  CHECK(pairs.records[0].rejected == "d 0");
  CHECK(pairs.dropped == std::map<std::string, int64_t>{{"judgements_agree", 1}});
  const auto tied = judgement_pairs(compared, {{"p", 0, {}, 2.5}, {"p", 2, {}, 2.5}});
  CHECK(tied.records.empty());
  CHECK(tied.dropped.at("tie") == 1);
}
