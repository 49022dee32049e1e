#include "evaluate/judges/round_robin.h"

#include <doctest/doctest.h>

#include <cmath>

#include "feedback/eft.h"
#include "model/policy/policy.h"
#include "support/fixtures.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

const PairwiseRubric kRubric{"{instruction}|{response_a}|{response_b}",
                             Regex("verdict: (A|B|tie)", /*ignore_case=*/true)};

/// The two answers of a question of kRubric.
std::pair<std::string, std::string> answers_in(const ChatQuestion& question) {
  const std::string& text = question.messages[0].content;
  const size_t first = text.find('|'), second = text.find('|', first + 1);
  return {text.substr(first + 1, second - first - 1), text.substr(second + 1)};
}

using Choose = std::function<std::string(const std::string& a, const std::string& b)>;

Chat that_says(const Choose& choose, std::vector<std::string>* asked = nullptr) {
  return [=](const std::vector<ChatQuestion>& questions, const ChatParams&) {
    std::vector<ChatReply> replies;
    for (const ChatQuestion& question : questions) {
      const auto [a, b] = answers_in(question);
      replies.push_back({choose(a, b)});
      if (asked) asked->push_back(question.id);
    }
    return replies;
  };
}

Chat that_likes_long() {
  return that_says([](const std::string& a, const std::string& b) {
    return a.size() == b.size() ? "verdict: tie" : a.size() > b.size() ? "verdict: A" : "verdict: B";
  });
}

std::vector<JudgeItem> items_of(const std::string& prompt, const std::vector<std::string>& answers) {
  std::vector<JudgeItem> items;
  for (const std::string& answer : answers) items.push_back({prompt, "q", std::ssize(items), answer});
  return items;
}

std::vector<Judgement> judged(const Chat& chat, const std::vector<JudgeItem>& items,
                              const RoundRobin& rules = {}) {
  const fs::path file = scratch("round_robin.partial");
  fs::remove(file);
  RecordSink<Judgement> out(file);
  judge_by_comparisons({chat, kRubric, {}}, items, rules, /*shard_size=*/1, out);
  return out.records();
}

}  // namespace

TEST_CASE("an answer's score is the maximum times its share of wins against the others of its prompt") {
  auto items = items_of("p", {"ab", "a", "abc", "xy"});
  const auto others = items_of("q", {"abcd", "a"});
  items.insert(items.end(), others.begin(), others.end());
  const auto made = judged(that_likes_long(), items);
  REQUIRE(made.size() == 6);
  CHECK(*made[0].score == doctest::Approx(5 * 1.5 / 3));  // won, lost, tied
  CHECK(made[1].score == 0.0);
  CHECK(made[2].score == 5.0);
  CHECK(*made[3].score == doctest::Approx(5 * 1.5 / 3));
  CHECK(made[4].score == 5.0);
  CHECK(made[5].prompt_id == "q");
  CHECK(made[0].replies.size() == 6);  // three others in both orders
  CHECK(made[2].replies[0].score == 1.0);
  CHECK(made[1].replies[0].score == 0.0);
}

TEST_CASE(
    "a judge that always likes the first answer finds all alike; one that says nothing gives no score") {
  const auto first =
      judged(that_says([](auto&, auto&) { return "verdict: A"; }), items_of("p", {"a", "b", "c"}));
  for (const Judgement& judgement : first) CHECK(judgement.score == 2.5);
  const auto silent = judged(that_says([](auto&, auto&) { return "well"; }), items_of("p", {"a", "b"}));
  CHECK(!silent[0].score);
  CHECK(silent[0].replies[1].failure == JudgeFailure::no_score);
}

TEST_CASE("one text twice is a tie that nobody is asked about, and an answer alone has no score") {
  const auto made = judged(that_likes_long(), items_of("p", {"ab", "ab", "a"}));
  CHECK(*made[0].score == doctest::Approx(5 * 1.5 / 2));
  CHECK(made[0].replies.size() == 2);
  CHECK(!judged(that_likes_long(), items_of("p", {"ab"}))[0].score);
}

TEST_CASE("every comparison is drawn anew, and the answers of a prompt have to stand together") {
  std::vector<std::string> asked;
  const auto chat = that_says([](auto&, auto&) { return "verdict: A"; }, &asked);
  judged(chat, items_of("p", {"a", "b"}), {.times = 2});
  CHECK(asked == std::vector<std::string>{"p/0-1/0/shown_first", "p/0-1/0/shown_second",
                                          "p/0-1/1/shown_first", "p/0-1/1/shown_second"});
  auto mixed = items_of("p", {"a", "b"});
  mixed.insert(mixed.begin() + 1, {"q", "q", 0, "c"});
  CHECK_THROWS_WITH_AS(judged(chat, mixed), doctest::Contains("do not stand together"), Error);
}

TEST_CASE("by probabilities a score is the mean of both orders, and sees what the verdicts do not") {
  const Chat chat = [](const std::vector<ChatQuestion>& questions, const ChatParams&) {
    std::vector<ChatReply> replies;
    for (const ChatQuestion& question : questions) {
      const double p = answers_in(question).first == "good" ? 0.9 : 0.6;  // likes what is shown first
      ChatReply reply{"verdict: A"};
      reply.tokens = {{"verdict: ", {}}, {"A", {{"A", std::log(p)}, {"B", std::log(1 - p)}}}};
      replies.push_back(std::move(reply));
    }
    return replies;
  };
  const auto items = items_of("p", {"good", "bad"});
  CHECK(judged(chat, items)[0].score == 2.5);
  const auto soft = judged(chat, items, {.weighted = true});
  CHECK(*soft[0].score == doctest::Approx(5 * (0.9 + 0.4) / 2));
  CHECK(*soft[1].score == doctest::Approx(5 * (0.1 + 0.6) / 2));
  CHECK(*soft[0].replies[1].expected == doctest::Approx(0.4));
  CHECK(*soft[1].replies[0].expected == doctest::Approx(0.1));
}

TEST_CASE("a checkpoint tells the logits of all tokens that say a verdict, at each place of its reply") {
  Policy policy = Policy::load(kTinyLlama, {.device = "cpu", .dtype = "float32"});
  const GenerationSettings generation;
  const Writer writer{policy, generation, Seed(1)};
  const SamplingSettings greedy{.max_new_tokens = 3, .temperature = 0};
  const Conversation question = {{"user", "say A or B"}};
  ChatReply reply;
  {
    const ComparisonJudge judge = local_comparisons(writer, kRubric, greedy, /*weighted=*/true);
    reply = judge.chat({{"x", question}}, judge.params).at(0);
  }
  SamplingParams params(greedy);
  for (int64_t id = 0; id < policy.tokenizer().vocab_size(); ++id)
    if (is_verdict_token(policy.tokenizer().decode({id}))) params.watched.push_back(id);
  REQUIRE(params.watched.size() >= 2);
  Generator generator(policy, generation);
  const Completion made =
      generator.generate({{policy.chat().prompt_ids(question), 1, Seed(1)}}, params)[0][0];
  REQUIRE(reply.tokens.size() == made.ids.size());
  for (size_t i = 0; i < made.ids.size(); ++i)
    for (size_t c = 0; c < params.watched.size(); ++c) {
      CHECK(reply.tokens[i].top.at(c).text == policy.tokenizer().decode({params.watched[c]}));
      CHECK(reply.tokens[i].top.at(c).logprob == doctest::Approx(made.watched[i][c]));
    }
}

TEST_CASE("ranks as verdicts on every two answers: the better one wins wherever it is shown") {
  Rubric rubric;
  rubric.form = JudgeForm::pairwise;
  rubric.template_text = kRubric.template_text;
  const std::vector<RankedAnswers> ranked = {{"p", "q", {"good", "bad", "worse"}, {0, 1, 1}},
                                             {"r", "q", {"a", "b"}, {1, 0}}};
  const auto made = eft_from_ranks(ranked, rubric, {}, Seed(3));
  REQUIRE(made.records.size() == 3);
  CHECK(made.dropped == std::map<std::string, int64_t>{{"equal_ranks", 1}});
  for (const Example& example : made.records) {
    const auto [a, b] = answers_in({example.id, example.messages});
    const bool first = a == "good" || (a == "b" && b == "a");
    CHECK(example.messages[1].content == (first ? "Verdict: A" : "Verdict: B"));
    CHECK(parse_verdict(example.messages[1].content, kRubric) == (first ? Verdict::first : Verdict::second));
  }
  CHECK(made.records[0].id == "p/0-1");
}
