#include "gold/ifeval.h"

#include <doctest/doctest.h>

#include "support/fixtures.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

fs::path file_with(const std::string& text) {
  const fs::path path = scratch("ifeval.jsonl");
  write_file_atomically(path, text);
  return path;
}

IfevalPrompt prompt(const std::string& kind, const Json& arguments) {
  return {"1", "x", {kind}, {arguments}};
}

}  // namespace

TEST_CASE("what counts as followed is what lm_eval counts") {
  const Json golden = read_json(kFixtures / "ifeval" / "checks.json");
  for (const Json& row : golden.at("rows")) {
    CAPTURE(row.dump());
    const auto found = follows(prompt(row.at("instruction"), row.at("kwargs")), row.at("answer"));
    CHECK(found[0] == row.at("followed").get<bool>());
  }
}

TEST_CASE("sentences are counted, at least and less than") {
  const std::string three = "The sea is calm. Who knows why? Nobody!";
  const auto is_followed = [&](const char* relation, int wanted) -> bool {
    return follows(
        prompt("length_constraints:number_sentences", {{"relation", relation}, {"num_sentences", wanted}}),
        three)[0];
  };
  CHECK(is_followed("at least", 3));
  CHECK(!is_followed("at least", 4));
  CHECK(is_followed("less than", 4));
  CHECK(!is_followed("less than", 3));
}

TEST_CASE("loosely, an introduction, a last line and asterisks are no miss; an empty answer is always one") {
  const IfevalPrompt json = prompt("detectable_format:json_format", Json::object());
  const std::string talkative = "Sure, here it is:\n{\"a\": 1}\nI hope this helps.";
  CHECK(!follows(json, talkative)[0]);
  CHECK(follows_loosely(json, talkative)[0]);
  CHECK(follows_loosely(json, "Sure:\n{\"a\": 1}")[0]);
  CHECK(follows_loosely(prompt("startend:quotation", Json::object()), "**\"So it is.\"**")[0]);
  CHECK(!follows(prompt("punctuation:no_comma", Json::object()), " \n")[0]);
  CHECK(!follows_loosely(prompt("punctuation:no_comma", Json::object()), "")[0]);
  CHECK(follows(prompt("punctuation:no_comma", Json::object()), "x").size() == 1);
}

TEST_CASE("rows of the benchmark are read, and a wrong one is an error with its line") {
  const std::string good =
      R"({"key": 1000, "prompt": "Write. No commas.", "instruction_id_list": ["punctuation:no_comma",
"keywords:existence"], "kwargs": [{}, {"keywords": ["sea"], "num_words": null}]})";
  std::string one_line = good;
  std::erase(one_line, '\n');
  const auto prompts = read_ifeval(file_with(one_line + "\n"));
  REQUIRE(prompts.size() == 1);
  CHECK(prompts[0].id == "1000");
  CHECK(follows(prompts[0], "The sea") == std::vector<bool>{true, true});
  CHECK(follows(prompts[0], "A river, no more") == std::vector<bool>{false, false});
  const auto wrong = [&](const std::string& from, const std::string& to, const char* message) {
    std::string text = one_line;
    text.replace(text.find(from), from.size(), to);
    CHECK_THROWS_WITH_AS(read_ifeval(file_with("\n" + text)), doctest::Contains(message), Error);
  };
  wrong("no_comma", "no_dot", "line 2: [ifeval] there is no instruction 'punctuation:no_dot'");
  wrong("{}, ", "", "2 instructions (instruction_id_list) and kwargs for 1");
  wrong("[\"sea\"]", "null", "has no keywords");
  wrong("\"prompt\"", "\"question\"", "wanted a row of IFEval");
  CHECK_THROWS_WITH_AS(read_ifeval(file_with("")), doctest::Contains("has no prompts"), Error);
}
