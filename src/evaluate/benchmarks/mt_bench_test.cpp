#include "evaluate/benchmarks/mt_bench.h"

#include <doctest/doctest.h>

#include "support/scratch.h"

using namespace selfreward;

namespace {

MtBenchRubric rubric() {
  return MtBenchRubric::load(SELFREWARD_SOURCE_DIR "/rubrics/mt_bench.yaml");
}

fs::path written(const std::string& name, const std::string& text) {
  const fs::path file = scratch(name);
  write_file_atomically(file, text);
  return file;
}

const MtBenchQuestion kMath{1, "math", {"2 + 2?", "Doubled?"}, {"four", "eight"}};
const MtBenchQuestion kPoem{2, "writing", {"A line.", "Another."}, {}};

}  // namespace

TEST_CASE("ratings are read as FastChat reads them; none is none, and never a 0") {
  const std::pair<std::string, std::optional<double>> rows[] = {
      {"Good. Rating: [[7]]", 7.0},      {"[[8.5]] because [[2]]", 8.5}, {"Rating: [6]", 6.0},
      {"[1] first. Rating: [[9]]", 9.0}, {"Rating: 7", std::nullopt},    {"", std::nullopt},
      {"[[0]]", std::nullopt},           {"[[11]]", std::nullopt},       {"[[rating]]", std::nullopt}};
  for (const auto& [reply, wanted] : rows) {
    INFO(reply);
    CHECK(parse_rating(reply, rubric()) == wanted);
  }
}

TEST_CASE("the judge of a turn sees what belongs to it, and the reference where the category has one") {
  const MtBenchAnswer sum{1, "m", {"4 {question_1}", "8"}}, poem{2, "m", {"Sun.", "Rain."}};
  const auto text = [](const MtBenchQuestion& question, const MtBenchAnswer& answer, size_t turn) {
    return grading_question(rubric(), question, answer, turn).messages[0].content;
  };
  CHECK(text(kMath, sum, 0).find("four") != std::string::npos);
  CHECK(text(kMath, sum, 0).find("4 {question_1}") != std::string::npos);
  CHECK(text(kMath, sum, 0).find("eight") == std::string::npos);
  CHECK(text(kMath, sum, 1).find("eight") != std::string::npos);
  CHECK(text(kPoem, poem, 0).find("Rain.") == std::string::npos);
  CHECK(text(kPoem, poem, 1).find("Rain.") != std::string::npos);
  for (const size_t turn : {size_t{0}, size_t{1}})
    CHECK(text(kPoem, poem, turn).find("{answer") == std::string::npos);
}

TEST_CASE("temperatures are FastChat's by category") {
  CHECK(mt_bench_temperature("writing") == 0.7);
  CHECK(mt_bench_temperature("math") == 0);
  CHECK(mt_bench_temperature("stem") == 0.1);
}

TEST_CASE("means by category and turn; what has no rating is counted beside them") {
  const std::vector<MtBenchGrade> grades = {{1, 1, "m", "j", "r", "", "", 4.0},
                                            {1, 2, "m", "j", "r", "", "", std::nullopt},
                                            {2, 1, "m", "j", "r", "", "", 9.0},
                                            {2, 2, "m", "j", "r", "", "", 5.0}};
  const Json summary = mt_bench_summary({kMath, kPoem}, grades);
  CHECK(summary.at("all").at("mean") == 6);
  CHECK(summary.at("all").at("missing") == 1);
  CHECK(summary.at("turn_2").at("mean") == 5);
  CHECK(summary.at("categories").at("math").at("turn_2").at("mean").is_null());
  CHECK(summary.at("categories").at("writing").at("all").at("mean") == 7);
  CHECK(mt_bench_table(summary).find("-") != std::string::npos);
}

TEST_CASE("files are FastChat's, and a missing rating is missing after a round trip") {
  const Json row(MtBenchGrade{1, 2, "m", "j", "mt_bench", "p", "no idea", std::nullopt});
  CHECK(row.at("score") == -1);
  CHECK(row.at("judge") == Json::array({"j", "mt_bench"}));
  CHECK(!row.get<MtBenchGrade>().score);
  const Json answer(MtBenchAnswer{1, "m", {"a", "b"}});
  CHECK(answer.at("choices")[0].at("turns")[1] == "b");
  CHECK(answer.get<MtBenchAnswer>().turns.size() == 2);
}

TEST_CASE("questions and references that do not fit are errors with their place") {
  const auto question = [](int id, const char* turns) {
    return str("{\"question_id\": ", id, ", \"category\": \"math\", \"turns\": ", turns, "}\n");
  };
  auto read = read_mt_bench_questions(written("q.jsonl", question(1, "[\"a\", \"b\"]")));
  CHECK(read[0].turns[1] == "b");
  CHECK_THROWS_WITH(
      read_mt_bench_questions(written("q2.jsonl", question(1, "[\"a\"]") + question(1, "[\"a\"]"))),
      doctest::Contains("line 2: question 1 was there before"));
  CHECK_THROWS_WITH(read_mt_bench_questions(written("q3.jsonl", question(1, "[1]"))),
                    doctest::Contains("turns is no list of texts"));
  CHECK_THROWS_WITH(read_mt_bench_questions(written("q4.jsonl", question(1, "[]"))),
                    doctest::Contains("has 0 turns"));
  CHECK_THROWS_WITH(
      add_references(read, written("r.jsonl", "{\"question_id\": 5, \"choices\": [{\"turns\": [\"x\"]}]}\n")),
      doctest::Contains("no answer to question 1 (math)"));
  add_references(read,
                 written("r2.jsonl", "{\"question_id\": 1, \"choices\": [{\"turns\": [\"x\", \"y\"]}]}\n"));
  CHECK(read[0].reference[1] == "y");
}

TEST_CASE("a wrong file of MT-Bench's prompts is an error that says what to change") {
  const std::string good =
      "first_turn: '{answer_1}'\nfirst_turn_reference: '{answer_1}'\nsecond_turn: '{answer_2}'\n"
      "second_turn_reference: '{answer_2}'\nrating_patterns: ['(\\d+)']\n";
  const auto load = [](const std::string& yaml) {
    return MtBenchRubric::load(written("prompts.yaml", yaml));
  };
  CHECK(parse_rating("a 7", load(good)) == 7);
  const std::pair<std::string, const char*> rows[] = {
      {"first_turn: x\n", "line 1: first_turn has no {answer_1}"},
      {"first_turn: '{answer_1}'\n", " is missing, expected a text"},
      {good + "frist_turn: x\n", "line 6: unknown key 'frist_turn'; did you mean 'first_turn'?"},
      {good + "first_turn: '{answer_1} b'\n", "line 6: first_turn is set a second time, after line 1"},
      {good + "---\nname: x\n", "line 6, column 1: expected the end of the file"},
      {good.substr(0, good.find("rating")), ": rating_patterns is missing, expected a list of texts"},
      {good.substr(0, good.find("['")) + "[]\n", "line 5: rating_patterns is empty, expected one at least"},
      {good.substr(0, good.find("['")) + "['(']\n", "line 5: rating_patterns: [regex] '(' is wrong"},
  };
  for (const auto& [yaml, reason] : rows) {
    INFO(yaml);
    CHECK_THROWS_WITH_AS(load(yaml), doctest::Contains(reason), Error);
  }
}
