#include "feedback/judging/judge.h"

#include <doctest/doctest.h>

#include <map>
#include <numeric>

#include "data/readers.h"
#include "feedback/judging/score_parser.h"
#include "support/fixtures.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

fs::path records_file(const std::string& name) {
  return scratch_dir(name) / "records.jsonl";
}

/// A judge that says anything.
Policy random_policy() {
  return Policy::load(kTinyLlama, {.device = "cpu", .dtype = "float32"});
}

Rubric checklist(const std::string& more = "") {
  const fs::path path = scratch("checklist.yaml");
  write_file_atomically(path, "template: 'A {response} R {requirement}?'\nmax_score: 5\n" + more);
  return Rubric::load(path);
}

JudgeItem item_of(const std::string& id, const std::string& requirements) {
  return {id, "a prompt", 0, "an answer", parse_json(requirements, "test")};
}

}  // namespace

TEST_CASE("judges without a model score as their name says") {
  const JudgeItem item{"p", "prompt", 0, "three little words"};
  CHECK(score_without_model({"longest", nullptr, 5, Seed(1)}, item) == 3);
  const auto random = score_without_model({"random", nullptr, 5, Seed(1)}, item);
  CHECK(*random >= 0);
  CHECK(*random < 5);
  CHECK_THROWS_WITH_AS(score_without_model({"oracle", nullptr, 5, Seed(1)}, item),
                       doctest::Contains("self, gold, random or longest"), Error);
}

TEST_CASE("a candidate of a prompt that is not there is an error") {
  CHECK_THROWS_AS(judge_items({{"a", "tell me a story", "t"}}, {{"z", 0, {}, "text", FinishReason::stop}}),
                  Error);
}

TEST_CASE("a judge's reply has nothing behind its score line") {
  Policy policy = Policy::load(kTinyLlama, {.device = "cpu", .dtype = "float32"});
  Rubric rubric = Rubric::load(SELFREWARD_SOURCE_DIR "/playground/rubric.yaml");
  rubric.score_pattern = Regex(R"((?m)^(?=.*?(\d)))");  // any digit of a line: a model this hot writes some
  const JudgeSettings settings{.num_evals_to_average = 200,
                               .sampling = {.max_new_tokens = 60, .temperature = 3.0}};
  const auto judged = memo<Judgement>(records_file("score_line"), [&](RecordSink<Judgement>& out) {
    judge_answers({policy, {}, Seed(3)}, rubric, {{"a", "tell me a story", 0, "no"}}, settings, out);
  });
  int64_t long_replies = 0;
  for (const JudgeReply& reply : judged[0].replies) {
    const size_t line_end = reply.text.find('\n');
    long_replies += line_end != std::string::npos;
    CHECK(!(line_end != std::string::npos && is_score_line(reply.text.substr(0, line_end), rubric)));
  }
  CHECK(long_replies > 0);  // whose first line has no digit
}

TEST_CASE("a checklist asks about each requirement; its score is their weighted share") {
  Policy policy = random_policy();
  // any letter is a verdict: a random network writes some
  Rubric rubric = checklist("verdict_pattern: '(?i)([a-m])|([n-z])'\n");
  rubric.yes = "e", rubric.no = "a", rubric.reply = "{verdict}";
  const JudgeItem item =
      item_of("p", R"([{"wording": "Be short.", "weight": 3, "kind": "words"}, "Be kind."])");
  const JudgeSettings settings{
      .form = "checklist", .num_evals_to_average = 40, .sampling = {.max_new_tokens = 3, .temperature = 2.0}};
  const auto judged = memo<Judgement>(records_file("checklist"), [&](RecordSink<Judgement>& out) {
    judge_answers({policy, {}, Seed(3)}, rubric, {item}, settings, out);
  });
  REQUIRE(judged[0].replies.size() == 80);
  std::map<std::string, std::vector<double>> verdicts;
  for (const JudgeReply& reply : judged[0].replies) {
    CHECK(!reply.expected);
    if (reply.score) verdicts[reply.requirement].push_back(*reply.score);
  }
  const auto mean_of = [&](const std::string& wording) {
    const auto& values = verdicts.at(wording);
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  };
  CHECK(mean_of("Be short.") != mean_of("Be kind."));
  REQUIRE(judged[0].score);
  CHECK(*judged[0].score == doctest::Approx(5 * (0.75 * mean_of("Be short.") + 0.25 * mean_of("Be kind."))));
  CHECK(to_line(Json(read_jsonl<Judgement>(scratch("checklist") / "records.jsonl")[0])) ==
        to_line(Json(judged[0])));
}

TEST_CASE("an answer has no score where one of its requirements has none") {
  Policy policy = random_policy();
  const Rubric rubric = checklist();  // a random network never writes yes or no
  const JudgeSettings settings{.form = "checklist", .sampling = {.max_new_tokens = 3}};
  const auto judged = memo<Judgement>(records_file("no_verdict"), [&](RecordSink<Judgement>& out) {
    judge_answers({policy, {}, Seed(3)}, rubric, {item_of("p", R"(["Be short."])")}, settings, out);
  });
  CHECK(judged[0].replies.size() == 3);
  CHECK(!judged[0].score);
}

TEST_CASE("what is asked comes from the prompt's row or from the rubric, and is checked at the start") {
  const Rubric rubric = checklist("requirements: ['It is true.', 'It is complete.']\n");
  JudgeSettings settings{.form = "checklist", .rubric = "mine.yaml"};
  CHECK((questions_of(rubric, item_of("p", R"(["Be short."])"), settings) == Checklist{{"Be short."}}));
  CHECK_THROWS_WITH_AS(
      check_judge(rubric, settings,
                  {item_of("p", R"(["Be short."])"), item_of("p-7", "null"), item_of("p-7", "null"),
                   item_of("p-8", "[]")}),
      doctest::Contains("2 of 3 prompts have no requirements (the first is 'p-7'), but a checklist asks"),
      Error);
  CHECK_THROWS_WITH_AS(questions_of(rubric, item_of("p-7", "null"), settings),
                       doctest::Contains("prompt 'p-7' has no requirements"), Error);
  CHECK_THROWS_WITH_AS(check_judge(rubric, settings, {item_of("p-7", R"([{"kind": "title"}])")}),
                       doctest::Contains("requirement 1 is {\"kind\":\"title\"}, wanted a sentence"), Error);
  settings.requirements = "rubric";
  CHECK(questions_of(rubric, item_of("p", "null"), settings).size() == 2);
  CHECK_THROWS_WITH_AS(check_judge(checklist(), settings), doctest::Contains("mine.yaml has no list"), Error);
  settings.form = "rubric";
  CHECK_THROWS_WITH_AS(
      check_judge(rubric, settings),
      doctest::Contains("judge.form is rubric, but the template of mine.yaml has {requirement}"), Error);
  CHECK_THROWS_WITH_AS(check_judge(Rubric(), settings), doctest::Contains("which asks about no requirements"),
                       Error);
}

TEST_CASE("soft scores come from the greedy reply, do not depend on the shards, and survive the file") {
  Policy policy = Policy::load(kSource / "playground/m0", {.device = "cpu", .dtype = "float32"});
  const Rubric rubric = Rubric::load(kSource / "playground/rubric.yaml");
  std::vector<JudgeItem> items;
  for (const RankedAnswers& group : read_ranked(kSource / "playground/data/held_out_ranked.jsonl").records)
    if (items.size() < 12) items.push_back({group.id, group.prompt, 0, group.answers[0]});
  items.push_back({"long", str("write a word :", std::string(3000, 'x')), 0, "a b c"});
  const JudgeSettings settings{
      .read = "expected", .num_evals_to_average = 1, .sampling = {.max_new_tokens = 64, .temperature = 0}};
  std::vector<std::vector<double>> expected;
  for (const int64_t shard_size : {5, 100}) {
    const fs::path path = records_file(str("soft", shard_size));
    const auto judged = memo<Judgement>(path, [&](RecordSink<Judgement>& out) {
      judge_answers({policy, {.shard_size = shard_size}, Seed(1)}, rubric, items, settings, out);
    });
    REQUIRE(judged.size() == items.size());
    CHECK(judged.back().replies.empty());
    CHECK(read_json(counts_file(path))["too_long"] == 1);
    expected.emplace_back();
    for (const Judgement& judgement : judged) {
      if (judgement.replies.empty()) continue;
      const JudgeReply& reply = judgement.replies[0];
      REQUIRE(reply.expected);
      expected.back().push_back(*reply.expected);
      CHECK(judgement.score == reply.expected);
      const auto likeliest = std::max_element(reply.probabilities.begin(), reply.probabilities.end());
      CHECK(static_cast<double>(likeliest - reply.probabilities.begin()) == *reply.score);  // greedy wrote it
    }
    CHECK(to_line(Json(read_jsonl<Judgement>(path)[0])) == to_line(Json(judged[0])));
  }
  CHECK(expected[0].size() == 12);
  REQUIRE(expected[0].size() == expected[1].size());
  for (size_t i = 0; i < expected[0].size(); ++i)
    CHECK(expected[0][i] == doctest::Approx(expected[1][i]).epsilon(1e-5));
}

TEST_CASE("soft judgements read as text are those that text alone would have been") {
  Policy policy = Policy::load(kSource / "playground/m0", {.device = "cpu", .dtype = "float32"});
  const Rubric rubric = Rubric::load(kSource / "playground/rubric.yaml");
  std::vector<JudgeItem> items;
  for (const RankedAnswers& group : read_ranked(kSource / "playground/data/held_out_ranked.jsonl").records)
    if (items.size() < 6) items.push_back({group.id, group.prompt, 0, group.answers[0]});
  items.push_back({"long", str("write a word :", std::string(3000, 'x')), 0, "a b c"});
  JudgeSettings settings{
      .read = "expected", .num_evals_to_average = 1, .sampling = {.max_new_tokens = 64, .temperature = 0}};
  const auto judged = [&](const std::string& read) {
    settings.read = read;
    return memo<Judgement>(records_file(read), [&](RecordSink<Judgement>& out) {
      judge_answers({policy, {}, Seed(1)}, rubric, items, settings, out);
    });
  };
  const auto soft = judged("expected"), hard = judged("text");
  CHECK(to_jsonl(soft) != to_jsonl(hard));
  CHECK(to_jsonl(read_as_text(rubric, items, settings, soft)) == to_jsonl(hard));
}
