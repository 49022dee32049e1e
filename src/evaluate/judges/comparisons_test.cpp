#include "evaluate/judges/comparisons.h"

#include <doctest/doctest.h>

#include <cmath>

#include "support/scratch.h"

using namespace selfreward;

namespace {

PairwiseRubric rubric() {
  return PairwiseRubric::load(SELFREWARD_SOURCE_DIR "/rubrics/pairwise.yaml");
}

ReplyToken token(const std::string& text, std::vector<std::pair<std::string, double>> top = {}) {
  ReplyToken made{text, {}};
  for (const auto& [choice, probability] : top) made.top.push_back({choice, std::log(probability)});
  return made;
}

/// The comparisons that a judge's replies lead to.
std::vector<Comparison> compared(const Chat& judge, const std::vector<AnswerPair>& pairs) {
  const fs::path file = scratch("comparisons.partial");
  fs::remove(file);
  RecordSink<Comparison> out(file);
  compare_answers({judge, rubric(), {}}, pairs, /*shard_size=*/2, out);
  return out.records();
}

}  // namespace

TEST_CASE("each pair is asked in both orders; equal answers are a tie that nobody is asked about") {
  std::vector<ChatQuestion> asked;
  const Chat likes_good = [&](const std::vector<ChatQuestion>& questions, const ChatParams&) {
    std::vector<ChatReply> replies;
    for (const ChatQuestion& question : questions) {
      asked.push_back(question);
      const std::string& text = question.messages[0].content;
      replies.push_back({text.find("good") < text.find("bad") ? "Verdict: A" : "Verdict: B", {}, {}});
    }
    return replies;
  };
  const auto made = compared(
      likes_good, {{"p1", "q", "good", "bad"}, {"p2", "q", "same", "same"}, {"p3", "q", "bad", "good"}});
  REQUIRE(made.size() == 3);
  CHECK(asked.size() == 4);
  CHECK(asked[1].id == "p1/shown_second");
  CHECK(preference_of(made[0], false) == 1);
  CHECK(preference_of(made[1], false) == 0.5);
  CHECK(preference_of(made[2], false) == 0);
  CHECK(!preference_of(made[0], true));  // there are no probabilities
  CHECK(preference_of(made[1], true) == 0.5);
  const WinRate rate =
      win_rate(std::vector{verdicts_of(made[0]), verdicts_of(made[1]), verdicts_of(made[2])});
  CHECK(rate.wins == 1);
  CHECK(rate.ties == 1);
  CHECK(rate.losses == 1);
}

TEST_CASE("a judge that always likes the first answer decides nothing; one that says nothing is missing") {
  const auto says = [](const std::string& text) {
    return [text](const std::vector<ChatQuestion>& questions, const ChatParams&) {
      return std::vector<ChatReply>(questions.size(), {text, {}, {}});
    };
  };
  CHECK(preference_of(compared(says("Verdict: A"), {{"p", "q", "x", "y"}})[0], false) == 0.5);
  CHECK(!preference_of(compared(says("I cannot say"), {{"p", "q", "x", "y"}})[0], false));
}

TEST_CASE("the verdict's probability is read where the last verdict stands") {
  ChatReply reply;
  reply.tokens = {token("A"), token(" is fine. Ver"), token("dict"), token(":"),
                  token(" B", {{" B", 0.6}, {" A", 0.2}, {" tie", 0.1}, {" t", 0.1}, {" The", 0.05}})};
  CHECK(*verdict_probability(reply, rubric()) == doctest::Approx(0.3));
  reply.tokens.back().top = {{"?", -1}};
  CHECK(!verdict_probability(reply, rubric()));
  reply.tokens.pop_back();
  CHECK(!verdict_probability(reply, rubric()));
}

TEST_CASE("weighted preferences are the mean of both orders, and need both") {
  Comparison comparison{.id = "p"};
  comparison.weight_shown_first = 0.9;
  CHECK(!preference_of(comparison, true));
  comparison.weight_shown_second = 0.5;
  CHECK(*preference_of(comparison, true) == doctest::Approx(0.7));
  const auto read = Json::parse(to_line(Json(comparison))).get<Comparison>();
  CHECK(read.weight_shown_first == 0.9);
  CHECK(!read.verdicts.shown_first);
}
