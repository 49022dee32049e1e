#include "evaluate/benchmarks/model_outputs.h"

#include <doctest/doctest.h>

#include "base/json.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {
fs::path written(const std::string& name, const std::string& text) {
  const fs::path file = scratch(name);
  write_file_atomically(file, text);
  return file;
}
}  // namespace

TEST_CASE("outputs of alpaca_eval, of generate, and of an evaluation are read") {
  const auto alpaca = read_model_outputs(
      written("a.json", R"([{"instruction": "q1", "output": "x", "generator": "gpt", "dataset": "koala"}])"),
      {});
  CHECK(alpaca.name == "gpt");
  CHECK(alpaca.rows[0].dataset == "koala");
  const std::vector<Instruction> instructions = {{"p1", "q1", ""}, {"p2", "q2", ""}};
  const auto ours = read_model_outputs(
      written("M1.jsonl", "{\"prompt_id\": \"p2\", \"index\": 0, \"text\": \"y\"}\n"), instructions);
  CHECK(ours.name == "M1");
  CHECK(ours.rows[0].instruction == "q2");
  CHECK(read_model_outputs(written("b.jsonl", R"({"prompt_id": "p", "prompt": "q", "text": "z"})"), {})
            .rows[0]
            .output == "z");
}

TEST_CASE("rows that cannot be compared are errors") {
  const std::vector<Instruction> instructions = {{"p1", "q1", ""}};
  const auto read = [&](const std::string& text) {
    return read_model_outputs(written("e.jsonl", text), instructions);
  };
  CHECK_THROWS_WITH(
      read("{\"prompt_id\": \"p1\", \"text\": \"a\"}\n{\"prompt_id\": \"p1\", \"text\": \"b\"}"),
      doctest::Contains("another answer to prompt 'p1'"));
  CHECK_THROWS_WITH(read("{\"prompt_id\": \"p9\", \"text\": \"a\"}"),
                    doctest::Contains("answers prompt 'p9', which is not among the instructions"));
  CHECK_THROWS_WITH(read("{\"instruction\": \"q\", \"output\": \"a\", \"generator\": \"m\"}\n"
                         "{\"instruction\": \"q\", \"output\": \"a\", \"generator\": \"n\"}"),
                    doctest::Contains("a file of one model is wanted"));
  for (const char* name : {"a\\nb", "a\\u001b[31m", "a\\u007f", "a\\u009b31m"}) {
    const std::string row =
        R"({"instruction": "q", "output": "a", "generator": ")" + std::string(name) + "\"}";
    CHECK_THROWS_WITH(read(row), doctest::Contains(str("the generator is \"", name, "\"").c_str()));
  }
  CHECK_THROWS_WITH(read("{\"instruction\": \"q\"}"), doctest::Contains("output is wanted"));
}

TEST_CASE("answers are matched by instruction; one that stands twice is matched in turn") {
  const ModelOutputs a{"a", {{"q1", "1", ""}, {"q2", "2", ""}, {"q1", "3", ""}, {"only a", "4", ""}}};
  const ModelOutputs b{"b", {{"q1", "5", ""}, {"q1", "6", ""}, {"q2", "7", ""}}};
  const MatchedOutputs matched = match_outputs(a, b);
  CHECK(matched.rows == std::vector<std::pair<size_t, size_t>>{{0, 0}, {1, 2}, {2, 1}});
  CHECK(matched.only_first == 1);
  CHECK(matched.only_second == 0);
}

TEST_CASE("the category is the named field, or dataset or category where none is named") {
  const fs::path file = written("i.json", R"([{"instruction": "q", "dataset": "vicuna", "kind": "easy"}])");
  CHECK(read_instructions(file, "")[0].category == "vicuna");
  CHECK(read_instructions(file, "kind")[0].category == "easy");
  CHECK_THROWS_WITH(read_instructions(file, "kid"), doctest::Contains("has no field 'kid'"));
}
