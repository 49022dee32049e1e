#include "label/labels.h"

#include <doctest/doctest.h>

using namespace selfreward;

namespace {

Candidate answer(const std::string& id, int64_t index, const std::string& text) {
  return {id, index, {}, text, FinishReason::stop};
}

const std::vector<Prompt> kPrompts = {
    {"p", "Say hello.", "seed",
     Json::parse(R"([{"wording": "Be short.", "kind": "words", "max": 3}, "Be kind."])")},
    {"q", "Say bye.", "seed", Json::array({"Be short."})},
    {"r", "Say nothing.", "seed"}};
const std::vector<Candidate> kAnswers = {answer("p", 1, "Hi!"), answer("p", 0, "Hello there"),
                                         answer("q", 0, "Bye"), answer("q", 1, "So long"),
                                         answer("q", 2, "Go")};

LabelTasks tasks_of(const std::string& form) {
  std::map<std::string, int64_t> dropped;
  return label_tasks(form, kPrompts, kAnswers, dropped);
}

Label value(const std::string& id, int64_t index, std::optional<double> value, int64_t requirement = 0) {
  return {id, index, requirement, value, std::nullopt};
}

}  // namespace

TEST_CASE("what cannot be labelled is counted, and answers come in the order of their indices") {
  std::map<std::string, int64_t> dropped;
  const LabelTasks tasks = label_tasks("verdicts", kPrompts, kAnswers, dropped);
  CHECK(tasks.prompts.size() == 2);
  CHECK(dropped == std::map<std::string, int64_t>{{"no_answers", 1}});
  CHECK(tasks.answers.at("p")[0].text == "Hello there");
  CHECK_THROWS_WITH_AS(label_tasks("ranks", kPrompts, {answer("x", 0, "?")}, dropped),
                       doctest::Contains("'x'"), Error);
  CHECK_THROWS_AS(label_tasks("ranks", kPrompts, {kAnswers[0], kAnswers[0]}, dropped), Error);
  dropped.clear();
  label_tasks("ranks", {kPrompts[0]}, {kAnswers[0]}, dropped);
  CHECK(dropped == std::map<std::string, int64_t>{{"fewer_than_two_answers", 1}});
}

TEST_CASE("ranks: the later click counts, ties are ties, a prompt that is not whole is not there") {
  const LabelTasks tasks = tasks_of("ranks");
  Labels labels(tasks);
  labels.add(value("q", 0, 1));
  labels.add(value("q", 1, 1));
  CHECK(labels.ranked().empty());
  labels.add(value("q", 2, 2));
  labels.add(value("q", 0, 3));
  CHECK(labels.changed() == 1);
  CHECK(labels.done() == 1);
  const auto ranked = labels.ranked();
  REQUIRE(ranked.size() == 1);
  CHECK(ranked[0].answers == std::vector<std::string>{"Bye", "So long", "Go"});
  CHECK(ranked[0].ranks == std::vector<double>{2, 0, 1});
  CHECK(ranked[0].requirements == kPrompts[1].requirements);
  labels.add(value("q", 1, std::nullopt));  // taken back
  CHECK(labels.ranked().empty());
  CHECK(labels.verdicts().empty());
}

TEST_CASE("a prompt that is passed over is done and in no result, until it is taken up again") {
  const LabelTasks tasks = tasks_of("scores");
  Labels labels(tasks);
  labels.add(value("p", 0, 5));
  labels.add(value("p", 1, 0));
  CHECK(labels.ranked()[0].ranks == std::vector<double>{0, 1});
  labels.add({"p", 0, 0, std::nullopt, true});
  CHECK(labels.done() == 1);
  CHECK(labels.ranked().empty());
  labels.add({"p", 0, 0, std::nullopt, false});
  CHECK(labels.ranked().size() == 1);
}

TEST_CASE("verdicts are rows for a judge to learn from, and ranks by the share that is met") {
  const LabelTasks tasks = tasks_of("verdicts");
  Labels labels(tasks);
  labels.add(value("p", 0, 1, 0));
  labels.add(value("p", 0, 1, 1));
  labels.add(value("p", 1, 1, 0));
  CHECK(labels.verdicts().size() == 3);
  CHECK(labels.ranked().empty());
  labels.add(value("p", 1, 0, 1));
  const auto rows = labels.verdicts();
  CHECK(rows[3].id == "p/1/1");
  CHECK(rows[3].requirement == "Be kind.");
  CHECK(!rows[3].met);
  CHECK(rows[0].kind == "words at most");
  CHECK(rows[3].kind.empty());
  CHECK(labels.ranked()[0].ranks == std::vector<double>{0, 1});
}

TEST_CASE("labels of what is not there, and values of another form, are refused and change nothing") {
  const LabelTasks ranks = tasks_of("ranks"), verdicts = tasks_of("verdicts");
  Labels by_rank(ranks), by_verdict(verdicts);
  CHECK_THROWS_WITH_AS(by_rank.add(value("x", 0, 1)), doctest::Contains("no prompt 'x'"), Error);
  CHECK_THROWS_WITH_AS(by_rank.add(value("p", 7, 1)), doctest::Contains("no answer 7"), Error);
  CHECK_THROWS_WITH_AS(by_rank.add(value("p", 0, 3)), doctest::Contains("from 1 to 2"), Error);
  CHECK_THROWS_AS(by_rank.add(value("p", 0, 1.5)), Error);
  CHECK_THROWS_WITH_AS(by_verdict.add(value("q", 0, 1, 1)), doctest::Contains("no requirement 1"), Error);
  CHECK_THROWS_AS(by_verdict.add(value("q", 0, 2, 0)), Error);
  CHECK(by_rank.all().empty());
}

TEST_CASE("the verdicts of a prompt that is passed over in the end teach nobody") {
  const LabelTasks tasks = tasks_of("verdicts");
  Labels labels(tasks);
  labels.add(value("p", 0, 1));
  labels.add(value("q", 0, 1));
  labels.add({"p", 0, 0, std::nullopt, true});
  REQUIRE(labels.verdicts().size() == 1);
  CHECK(labels.verdicts()[0].id == "q/0/0");
  labels.add({"p", 0, 0, std::nullopt, false});
  CHECK(labels.verdicts().size() == 2);
}

TEST_CASE("a label is read as it is meant, or not at all") {
  const auto read = [](const char* text) { return Json::parse(text).get<Label>(); };
  CHECK(read(R"({"prompt_id": "p", "index": 1, "requirement": 2, "value": null})").requirement == 2);
  CHECK(read(R"({"prompt_id": "p", "skipped": true})").skipped == true);
  CHECK_THROWS_WITH_AS(read(R"({"prompt_id": "p", "skipped": true, "index": 0, "value": 2})"),
                       doctest::Contains("found index beside skipped"), Error);
  CHECK_THROWS_WITH_AS(read(R"({"prompt_id": "p", "skipped": false, "value": 2})"),
                       doctest::Contains("found value beside skipped"), Error);
  CHECK_THROWS_WITH_AS(read(R"({"prompt_id": "p", "index": 0.6, "value": 1})"),
                       doctest::Contains("index is 0.6, wanted a whole number of 0 or more"), Error);
  CHECK_THROWS_WITH_AS(read(R"({"prompt_id": "p", "index": "0", "value": 1})"),
                       doctest::Contains("index is \"0\", wanted a whole number"), Error);
  CHECK_THROWS_WITH_AS(read(R"({"prompt_id": "p", "index": 0, "requirement": -1, "value": 1})"),
                       doctest::Contains("requirement is -1"), Error);
  CHECK_THROWS_AS(read(R"({"prompt_id": "p", "index": 18446744073709551615, "value": 1})"), Error);
}
