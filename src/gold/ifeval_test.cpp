#include "gold/ifeval.h"

#include <doctest/doctest.h>

#include <cmath>
#include <set>

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
  wrong("no_comma", "no_dot",
        "line 2: instruction_id_list: there is no instruction \"punctuation:no_dot\"; did you mean "
        "\"punctuation:no_comma\"?");
  wrong("{}, ", "", "2 instructions (instruction_id_list) and kwargs for 1");
  wrong("{}, ", "null, ", "kwargs[0] is null; an object is wanted");
  wrong("[{}, ", "{\"a\": [{}, ", "is not valid JSON");
  wrong("[\"sea\"]", "null", "kwargs[1]: keywords:existence has no keywords; a list of texts is wanted");
  wrong("\"prompt\"", "\"question\"", "prompt is missing; wanted a row of IFEval");
  wrong("Write. No commas.", " ", "prompt is \" \"; a text is wanted");
  wrong("\"punctuation:no_comma\",\"keywords:existence\"", "", "instruction_id_list is []");
  wrong("1000", "null", "key is missing");
  wrong("1000", "{\"a\": 1}", "key is {\"a\":1}; a whole number or a text is wanted");
  wrong("1000", "1.5", "key is 1.5");
  wrong("1000", "[\"" + std::string(200, 'x') + "\"]", "xxx ...; a whole number or a text is wanted");
  CHECK_THROWS_WITH_AS(read_ifeval(file_with("")), doctest::Contains("has no prompts"), Error);
  CHECK_THROWS_WITH_AS(read_ifeval(file_with("[]\n")), doctest::Contains("line 1: the row is []"), Error);
}

TEST_CASE("keys that become one id are an error, whatever they are written as") {
  const auto row = [](const std::string& key) {
    return R"({"key": )" + key +
           R"(, "prompt": "x", "instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]})" + "\n";
  };
  CHECK(read_ifeval(file_with(row("2") + row("\"3\""))).size() == 2);
  for (const char* again : {"2", "\"2\""})
    CHECK_THROWS_WITH_AS(read_ifeval(file_with(row("2") + "\n" + row(again))),
                         doctest::Contains("was there before, in line 1; keys must differ"), Error);
}

TEST_CASE("arguments of an instruction have to be of its kind, type and range") {
  const auto read = [](const std::string& kind, const Json& arguments) {
    return read_ifeval(file_with(Json{
        {"key", 1},
        {"prompt", "x"},
        {"instruction_id_list", Json::array({kind})},
        {"kwargs",
         Json::array({arguments})}}.dump()));
  };
  const auto wrong = [&](const std::string& kind, const Json& arguments, const char* message) {
    CAPTURE(arguments.dump());
    CHECK_THROWS_WITH_AS(read(kind, arguments), doctest::Contains(message), Error);
  };
  const auto words = [](const Json& count) -> Json {
    return {{"relation", "at least"}, {"num_words", count}};
  };
  const std::string kWords = "length_constraints:number_words";
  CHECK(follows(read(kWords, words(3.0))[0], "one two three")[0]);  // as tables write whole numbers
  for (const Json& count : {Json(3.7), Json(-3), Json(std::pow(2.0, 70)), Json("3"), Json({3}), Json(true)})
    wrong(kWords, words(count),
          "ifeval.jsonl, line 1: kwargs[0]: num_words of length_constraints:number_words is");
  wrong(kWords, {{"relation", "exactly"}, {"num_words", 3}}, "\"at least\" or \"less than\" is wanted");
  wrong(kWords, {{"relation", 5}, {"num_words", 3}}, "relation of length_constraints:number_words is 5");
  wrong("punctuation:no_comma", {{"num_words", 3}},
        "has \"num_words\"; punctuation:no_comma takes no arguments");
  wrong("length_constraints:nth_paragraph_first_word",
        {{"num_paragraphs", 2}, {"nth_paragraph", 0}, {"first_word", "a"}}, "a whole number from 1 to");
  wrong("length_constraints:nth_paragraph_first_word",
        {{"num_paragraphs", 2}, {"nth_paragraph", 1}, {"first_word", {"a"}}}, "first_word of");
  wrong("language:response_language", {{"language", "xx"}}, "is \"xx\"; one of ar, bg, bn, de, en,");
  for (const Json& keywords : {Json("cat"), Json::array(), Json({1}), Json({""})})
    wrong("keywords:existence", {{"keywords", keywords}}, "a list of texts is wanted");
  for (const Json& letter : {Json(7), Json("ab"), Json("")})
    wrong("keywords:letter_frequency",
          {{"letter", letter}, {"let_relation", "at least"}, {"let_frequency", 2}},
          "one character is wanted");
}

TEST_CASE(
    "every kind is read with the arguments that it is checked by, as the benchmark's tables write them") {
  Json all = Json::object();
  for (const auto& [kind, arguments] : ifeval_kinds())
    for (const std::string& name : arguments) all[name] = nullptr;
  size_t kinds = 0;
  std::set<std::string> seen;
  const Json golden = read_json(kFixtures / "ifeval" / "checks.json");
  for (const Json& row : golden.at("rows")) {
    Json arguments = all;
    arguments.update(row.at("kwargs"));
    const Json line{{"key", 1},
                    {"prompt", "x"},
                    {"instruction_id_list", Json::array({row.at("instruction")})},
                    {"kwargs", Json::array({arguments})}};
    CHECK_NOTHROW(read_ifeval(file_with(line.dump())));
    kinds += seen.insert(row.at("instruction")).second;
  }
  CHECK(kinds + 1 == ifeval_kinds().size());  // sentences are not among the fixture's
}
