#include "evaluate/benchmarks/verdict_kinds.h"

#include <doctest/doctest.h>

#include "gold/verifiable.h"

using namespace selfreward;

namespace {

const Json kRequirements = Json::parse(R"([
  {"kind": "sentences", "max": 1, "wording": "One sentence."},
  {"kind": "forbid", "text": "!", "wording": "No exclamation marks."},
  "Be kind."])");

Rubric checklist() {
  Rubric rubric;
  rubric.form = JudgeForm::checklist;
  return rubric;
}

JudgeReply reply(const std::string& requirement, const std::string& text, std::optional<double> score) {
  return {text, score, std::nullopt, requirement};
}

}  // namespace

TEST_CASE("verdicts are counted by kind against the rules, beside the more common one") {
  const std::vector<RankedAnswers> ranked = {
      {"p", "Say hello.", {"Hello there.", "Hello! I am here."}, {0, 1}, kRequirements}};
  const std::vector<Judgement> judged = {
      {"p",
       0,
       {reply("One sentence.", "at most 1 sentence: 1 Hello there; 1 counted, as many as 1, yes", 1.0),
        reply("No exclamation marks.", "no", 0.0), reply("Be kind.", "yes", 1.0)},
       {}},
      {"p",
       1,
       {reply("One sentence.", "at most 1 sentence: 1 Hello, no", 0.0),
        reply("No exclamation marks.", "perhaps", std::nullopt), reply("Be kind.", "no", 0.0)},
       {}}};
  const Json table = verdict_kinds(ranked, judged, checklist(), Seed(1));
  const Json& sentences = table.at("kinds").at("sentences at most");
  CHECK(sentences.at("n") == 2);
  CHECK(sentences.at("right") == 2);
  CHECK(sentences.at("majority") == 1);
  CHECK(table.at("kinds").at("forbid !").at("right") == 0);  // one wrong, one without a verdict
  CHECK(!table.at("kinds").contains("other"));               // "Be kind." has no rule
  CHECK(table.at("all").at("n") == 4);
  CHECK(table.at("all").at("right") == 2);
}

TEST_CASE("evidence is exact where it is the rule's own, whatever the verdict") {
  const std::vector<RankedAnswers> ranked = {
      {"p",
       "Say hello.",
       {"Hello! I am here."},
       {0},
       Json::parse(R"([{"kind": "forbid", "text": "!", "wording": "w"}])")}};
  const auto counts = [&](const std::string& text, double score) {
    return verdict_kinds(ranked, {{"p", 0, {reply("w", text, score)}, {}}}, checklist(), Seed(1)).at("all");
  };
  const Json rule = ranked[0].requirements[0];
  const RequirementVerdict truth = check_requirement(rule.get<Requirement>(), ranked[0].answers[0]);
  REQUIRE(!truth.met);
  const std::string evidence = truth.wanted + ": " + truth.evidence;
  CHECK(counts(checklist().reply_of(evidence, false) + "\n", 0.0).at("exact_right") == 1);
  CHECK(counts(checklist().reply_of(evidence, true), 1.0).at("exact") ==
        1);  // looked well, said the wrong word
  CHECK(counts(checklist().reply_of(evidence, true), 1.0).at("exact_right") == 0);
  CHECK(counts("nothing, yes", 1.0).at("exact") == 0);
  CHECK(counts("nothing, no", 0.0).at("right") == 1);
  CHECK(
      verdict_kinds(ranked, {{"p", 0, {reply("unknown", "yes", 1.0)}, {}}}, checklist(), Seed(1)).is_null());
}

TEST_CASE("shares have intervals over the prompts, and soft verdicts their distance from the truth") {
  const Json rules = Json::parse(R"([{"kind": "forbid", "text": "!", "wording": "w"}])");
  std::vector<RankedAnswers> ranked;
  std::vector<Judgement> judged;
  for (int p = 0; p < 8; ++p) {
    const std::string id = str("p", p);
    ranked.push_back({id, "Say hello.", {"Hello! I am here."}, {0}, rules});
    JudgeReply said = reply("w", "x", p < 6 ? 0.0 : 1.0);  // six of eight are right
    said.expected = p < 6 ? 0.1 : 0.7;
    judged.push_back({id, 0, {said}, {}});
  }
  const Json all = verdict_kinds(ranked, judged, checklist(), Seed(1)).at("all");
  CHECK(all.at("right_share") == 0.75);
  CHECK(all.at("right_share_interval")[0] >= 0.375);
  CHECK(all.at("right_share_interval")[0] < 0.6);
  CHECK(all.at("right_share_interval")[1] == 1);
  CHECK(all.at("exact_share_interval") == Json{0.0, 0.0});
  CHECK(all.at("brier").get<double>() == doctest::Approx((6 * 0.01 + 2 * 0.49) / 8));
  judged[0].replies[0].expected.reset();
  judged.resize(1);
  CHECK(!verdict_kinds(ranked, judged, checklist(), Seed(1)).at("all").contains("brier"));
}
