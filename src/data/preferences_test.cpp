#include <doctest/doctest.h>

#include "data/preference_rows.h"
#include "data/readers.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

Filtered<PreferencePair> pairs_of(const std::string& content) {
  const fs::path path = scratch("pairs.jsonl");
  write_file_atomically(path, content);
  return read_preferences(path);
}

PreferencePair pair_of(const std::string& row) {
  const auto result = pairs_of(row);
  REQUIRE(result.records.size() == 1);
  return result.records[0];
}

std::string user(const std::string& text) {
  return Json{{"role", "user"}, {"content", text}}.dump();
}
std::string assistant(const std::string& text) {
  return Json{{"role", "assistant"}, {"content", text}}.dump();
}
std::string list(const std::vector<std::string>& messages) {
  std::string text;
  for (const std::string& message : messages) text += (text.empty() ? "" : ",") + message;
  return "[" + text + "]";
}
std::string row(const std::string& prompt, const std::string& chosen, const std::string& rejected) {
  return "{" + (prompt.empty() ? "" : "\"prompt\":" + prompt + ",") + "\"chosen\":" + chosen +
         ",\"rejected\":" + rejected + "}";
}

Conversation conversation_of(const Json& value, const char* role) {
  return value.is_string() ? Conversation{{role, value.get<std::string>()}} : value.get<Conversation>();
}

}  // namespace

TEST_CASE("every preference format gives the same pair") {
  const std::vector<std::string> rows = {
      row("\"q\"", "\"a\"", "\"b\""),
      row(list({user("q")}), list({assistant("a")}), list({assistant("b")})),
      row("", list({user("q"), assistant("a")}), list({user("q"), assistant("b")})),
      row("\"q\"", list({user("q"), assistant("a")}), list({user("q"), assistant("b")})),
      row("\"q\"", list({assistant("a")}), list({assistant("b")})),
      row(list({user("q")}), "\"a\"", "\"b\""),
      row("", R"("\n\nHuman: q\n\nAssistant: a")", R"("\n\nHuman: q\n\nAssistant: b ")"),
      row(R"("\n\nHuman: q\n\nAssistant:")", "\"a\"", "\"b\""),
      R"({"instruction":"q","chosen_response":"a","rejected_response":"b"})",
      R"({"system":"","question":"q","chosen":"a","rejected":"b"})",
      R"({"input":"q","chosen":"a","rejected":"b","system":null})",
      R"({"instruction":"q","generations":["c","a","b","a2"],"ratings":[3,5,1,5]})",
      R"({"instruction":"q","responses":["b","a",null],"ratings":[1,2,3]})",
      R"({"prompt":"q","generations":["b","a"],"rating":[1,2.5]})",
  };
  for (const std::string& text : rows) {
    CAPTURE(text);
    const PreferencePair pair = pair_of(text);
    CHECK(pair.prompt == Conversation{{"user", "q"}});
    CHECK(pair.chosen == "a");
    CHECK(pair.rejected == "b");
  }
}

TEST_CASE("what chosen and rejected share is the prompt, as in TRL") {
  const Json golden = read_json(SELFREWARD_SOURCE_DIR "/tests/fixtures/data/golden.json");
  int compared = 0;
  for (const Json& entry : golden["preferences"]) {
    CAPTURE(entry["row"]);
    const Json& split = entry["split"];
    const auto result = pairs_of(entry["row"].dump());
    if (split["rejected"].is_array() && split["rejected"].size() > 1) {
      CHECK(result.dropped.at("answer_is_not_one_message") == 1);
      continue;
    }
    REQUIRE(result.records.size() == 1);
    CHECK(result.records[0].prompt == conversation_of(split["prompt"], "user"));
    CHECK(result.records[0].chosen == conversation_of(split["chosen"], "assistant")[0].content);
    CHECK(result.records[0].rejected == conversation_of(split["rejected"], "assistant")[0].content);
    ++compared;
  }
  CHECK(compared >= 8);
}

TEST_CASE("a prompt of several turns and a system text stay in the prompt") {
  const Conversation prompt{{"system", "s"}, {"user", "q"}, {"assistant", "x"}, {"user", "r"}};
  const std::string shared =
      list({R"({"role":"system","content":"s"})", user("q"), assistant("x"), user("r")});
  const std::string head = shared.substr(0, shared.size() - 1) + ",";
  CHECK(pair_of(row("", head + assistant("a") + "]", head + assistant("b") + "]")).prompt == prompt);
  CHECK(pair_of(row(shared, "\"a\"", "\"b\"")).prompt == prompt);
  CHECK(pair_of(R"({"system":"s","prompt":"q","chosen":"a","rejected":"b"})").prompt ==
        Conversation{{"system", "s"}, {"user", "q"}});
  CHECK(pair_of(R"({"instruction":"q","input":"i","chosen":"a","rejected":"b"})").prompt ==
        Conversation{{"user", "q\n\ni"}});
}

TEST_CASE("HH conversations are read turn by turn") {
  const PreferencePair pair =
      pair_of(row("", R"("\n\nHuman: hi\nthere\n\nAssistant: x\n\nHuman: r\n\nAssistant: a\n\nb")",
                  R"("\n\nHuman: hi\nthere\n\nAssistant: x\n\nHuman: r\n\nAssistant: c")"));
  CHECK(pair.prompt == Conversation{{"user", "hi\nthere"}, {"assistant", "x"}, {"user", "r"}});
  CHECK(pair.chosen == "a\n\nb");
}

TEST_CASE("scores and ids are kept under all their names, and a missing score is missing") {
  for (const char* keys :
       {R"("score_chosen":4,"score_rejected":1.5)", R"("chosen_score":4,"rejected_score":1.5)",
        R"("chosen_rating":4,"rejected_rating":1.5)", R"("rating_chosen":4,"rating_rejected":1.5)"}) {
    const auto pair = pair_of(str(R"({"prompt":"q","chosen":"a","rejected":"b",)", keys, "}"));
    CHECK(pair.score_chosen == 4.0);
    CHECK(pair.score_rejected == 1.5);
  }
  const auto bare =
      pair_of(R"({"prompt":"q","prompt_id":"p","chosen":"a","rejected":"b","score_chosen":null})");
  CHECK(!bare.score_chosen.has_value());
  CHECK(bare.prompt_id == "p");
  CHECK(pair_of(R"({"prompt":"q","chosen":"a","rejected":"b","id":5})").prompt_id == "5");
  const auto rated = pair_of(R"({"instruction":"q","generations":["a","b"],"ratings":[2,1]})");
  CHECK(rated.score_chosen == 2.0);
  CHECK(rated.prompt_id == "pairs-1");
}

TEST_CASE("pairs of a run come back as they were, even where only their token ids differ") {
  const PreferencePair pair{"p1", {{"user", "say hi"}}, "", "no", {5, 6, 2}, {7, 2}, 4.5, 1};
  const PreferencePair read = pair_of(to_line(Json(pair)));
  CHECK(Json(read) == Json(pair));
  CHECK(
      !pair_of(to_line(Json(PreferencePair{"p1", {{"user", "q"}}, "a", "b", {}, {}, {}, {}}))).score_chosen);
}

TEST_CASE("rows that make no pair are counted by reason, with their places") {
  const std::string qa = list({user("q"), assistant("a")});
  const std::vector<std::pair<std::string, std::string>> table = {
      {row("\"q\"", "\"a\"", "\" a\""), "chosen_is_rejected"},
      {row("", qa, qa), "chosen_is_rejected"},
      {row("\"q\"", "\"a\"", "\"\""), "empty_answer"},
      {row("\"\"", "\"a\"", "\"b\""), "empty_message"},
      {row("", "\"a\"", "\"b\""), "empty_message"},  // nothing is shared
      {row("", qa, list({user("r"), assistant("b")})), "answer_is_not_one_message"},
      {row("", qa, list({user("q"), assistant("b"), user("r"), assistant("c")})),
       "answer_is_not_one_message"},
      {row("", list({user("q")}), list({user("q"), assistant("b")})), "answer_is_not_one_message"},
      {row("", "[]", "[]"), "answer_is_not_one_message"},
      {row(list({user("q"), assistant("a")}), "\"a\"", "\"b\""), "prompt_does_not_end_with_user"},
      {row("[]", list({assistant("a")}), list({assistant("b")})), "prompt_does_not_end_with_user"},
      {R"({"instruction":"q","generations":["a","b"],"ratings":[2,2]})", "equal_ratings"},
      {R"({"instruction":"q","generations":["a","b"],"ratings":[2,null]})", "fewer_than_two_rated_answers"},
  };
  for (const auto& [text, reason] : table) {
    CAPTURE(text);
    const auto result = pairs_of(text);
    CHECK(result.records.empty());
    CHECK(result.dropped == std::map<std::string, int64_t>{{reason, 1}});
    CHECK(left_out_text(result).find("pairs.jsonl, line 1)") != std::string::npos);
  }
}

TEST_CASE("a bad preference row is an error with file, line and reason") {
  const std::string good = row("\"q\"", "\"a\"", "\"b\"") + "\n";
  const std::vector<std::pair<std::string, std::string>> table = {
      {good + R"({"prompt":"q","chosen":"a"})",
       "pairs.jsonl, line 2: key \"rejected\" is missing; the row has: prompt, chosen"},
      {good + row("\"q\"", "\"a\"", "[]"), "\"chosen\" and \"rejected\" must both be texts"},
      {good + R"({"prompt":"q","completion":"a"})",
       "line 2: key \"chosen\" is missing; the row has: prompt, completion"},
      {good + row("\"q\"", "3", "4"), "\"chosen\" must be a string or a list of messages, found number"},
      {good + row("\"q\"", "[1]", "[2]"), "chosen[0]: expected {role, content}, found number"},
      {good + row("7", "\"a\"", "\"b\""), "\"prompt\" must be a string, found number"},
      {good + R"({"prompt":"q","chosen":"a","rejected":"b","score_chosen":"x"})",
       "\"score_chosen\" must be a number"},
      {good + R"({"prompt":"q","chosen":"a","rejected":"b","chosen_ids":["x"]})",
       "must hold token ids, found string"},
      {good + R"({"prompt":"q","chosen":"a","rejected":"b","tools":["f"]})",
       "\"tools\" must be a list of objects"},
      {R"({"prompt":"q","completion":"a","label":true})", "unpaired preferences (KTO)"},
      {R"({"prompt":"q","completion":"a"})",
       "instruction data (data.ift and `sft` read it), where preference pairs"},
      {R"({"prompt":"q","answers":["a","b"],"ranks":[0,1]})", "ranked answers"},
      {R"({"text":"a"})", "plain text for language modelling"},
      {R"({"a":1})", "unknown format; the row has: a"},
      {R"({"instruction":"q","generations":["a"],"ratings":[1,2]})", "1 answers and 2 ratings"},
      {R"({"instruction":"q","generations":["a","b"],"ratings":["1","2"]})",
       "ratings must be numbers, found string"},
      {R"({"instruction":"q","generations":[1,2],"ratings":[1,2]})", "answers must be strings, found number"},
  };
  for (const auto& [content, reason] : table) {
    CAPTURE(content);
    CHECK_THROWS_WITH_AS(pairs_of(content), doctest::Contains(reason.c_str()), Error);
  }
}
