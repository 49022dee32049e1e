// The formats that data sets have, one row each, and the rows that are refused or left out.
#include <doctest/doctest.h>

#include "data/readers.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

fs::path file_of(const std::string& content) {
  const fs::path path = scratch("seed.jsonl");
  write_file_atomically(path, content);
  return path;
}

Filtered<Example> examples_of(const std::string& content) {
  return read_examples(file_of(content));
}
Filtered<RankedAnswers> ranked_of(const std::string& content) {
  return read_ranked(file_of(content));
}

const Conversation kHello{{"user", "hi"}, {"assistant", "hello"}};

}  // namespace

TEST_CASE("sharegpt, alpaca with history, dolly and prompt with response give conversations") {
  const std::vector<std::pair<std::string, Conversation>> table = {
      {R"({"conversations":[{"from":"human","value":"hi"},{"from":"gpt","value":"hello"}]})", kHello},
      {R"({"conversations":[{"role":"user","content":"hi"},{"role":"assistant","content":"hello"}],"tools":"[]"})",
       kHello},
      {R"({"conversations":[{"from":"system","value":"s"},{"from":"user","value":"hi"},{"from":"chatgpt","value":"hello"}]})",
       {{"system", "s"}, {"user", "hi"}, {"assistant", "hello"}}},
      {R"({"system":"s","conversations":[{"from":"human","value":"hi"},{"from":"gpt","value":"hello"}]})",
       {{"system", "s"}, {"user", "hi"}, {"assistant", "hello"}}},
      {R"({"system":"s","messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"hello"}],"tools":null})",
       {{"system", "s"}, {"user", "hi"}, {"assistant", "hello"}}},
      {R"({"prompt":"hi","response":"hello","source":"ift"})", kHello},
      {R"({"instruction":"hi","response":"hello","context":""})", kHello},
      {R"({"instruction":"hi","response":"hello","context":"c","category":"x"})",
       {{"user", "hi\n\nc"}, {"assistant", "hello"}}},
      {R"({"instruction":"hi","output":"hello","history":[["a","b"],["c","d"]],"system":"s"})",
       {{"system", "s"},
        {"user", "a"},
        {"assistant", "b"},
        {"user", "c"},
        {"assistant", "d"},
        {"user", "hi"},
        {"assistant", "hello"}}},
      {R"({"instruction":"hi","output":"hello","history":null,"input":null})", kHello},
  };
  for (const auto& [row, conversation] : table) {
    CAPTURE(row);
    const auto examples = examples_of(row).records;
    REQUIRE(examples.size() == 1);
    CHECK(examples[0].messages == conversation);
  }
}

TEST_CASE("rows that cannot be trained are counted by reason, with their places") {
  const std::string chat =
      R"({"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"r"}]})"
      "\n";
  const std::vector<std::pair<std::string, std::string>> table = {
      {R"({"messages":[]})", "no_user_message"},
      {R"({"messages":[{"role":"assistant","content":"r"}]})", "no_user_message"},
      {R"({"messages":[{"role":"user","content":"q"}]})", "no_final_answer"},
      {R"({"messages":[{"role":"user","content":"q"},{"role":"assistant","content":" \n"}]})",
       "empty_answer"},
      {R"({"messages":[{"role":"user","content":""},{"role":"assistant","content":"r"}]})", "empty_message"},
  };
  for (const auto& [row, reason] : table) {
    CAPTURE(row);
    const auto result = examples_of(chat + row + "\n" + chat);
    CHECK(result.records.size() == 2);
    CHECK(result.dropped == std::map<std::string, int64_t>{{reason, 1}});
    CHECK(left_out_text(result).ends_with("seed.jsonl, line 2)"));
  }
}

TEST_CASE("the first three places of a reason are named") {
  std::string rows;
  for (int i = 0; i < 5; ++i) rows += "{\"prompt\":\"a\",\"completion\":\"\"}\n";
  const auto result = examples_of(rows);
  CHECK(result.dropped.at("empty_answer") == 5);
  CHECK(left_out_text(result).starts_with("empty_answer 5 ("));
  CHECK(left_out_text(result).ends_with("seed.jsonl, line 3; ...)"));
}

TEST_CASE("a row that would be trained otherwise than its data set means is an error that names the key") {
  const auto chat = [](const std::string& message, const std::string& more = "") {
    return R"({"messages":[{"role":"user","content":"q"},)" + message + "]" + more + "}";
  };
  const std::string answer = R"({"role":"assistant","content":"r"})";
  const std::vector<std::pair<std::string, std::string>> table = {
      {chat(answer, R"(,"tools":["f"])"), "\"tools\" must be a list of objects, found string in it"},
      {chat(answer, R"(,"tools":"{}")"), "\"tools\" must be a list of objects, found object"},
      {chat(answer, R"(,"tools":"f, g")"), "line 1, \"tools\" is not valid JSON"},
      {chat(answer, R"(,"functions":[{"name":"f"}])"), "\"functions\" is not read"},
      {chat(answer, R"(,"images":["x"])"), "\"images\" is not read"},
      {chat(answer, R"(,"chat_template_kwargs":[1])"), "\"chat_template_kwargs\" must be an object"},
      {chat(R"({"role":"assistant","content":"","tool_calls":[{}]})"),
       "messages[1]: a tool call names no function"},
      {chat(R"({"role":"assistant","content":"","tool_calls":"f"})"),
       "messages[1]: \"tool_calls\" must be a list of objects, found string"},
      {chat(R"({"role":"user","content":"","tool_calls":[{"name":"f"}]})"), "only the assistant calls tools"},
      {chat(R"({"role":"assistant","content":"","function_call":{"name":"f"}})"),
       "messages[1]: \"function_call\" is not read"},
      {chat(R"({"role":"assistant","content":"r","weight":0.5})"),
       "\"weight\" is 0.5; a message is trained or not"},
      {chat(R"({"role":"function","content":"r"})"),
       "messages[1] has role \"function\"; wanted one of assistant, developer, system, tool, user"},
      {chat(R"({"role":"system","content":"s"},)" + answer),
       "messages[1] has role system; wanted a message of the system only as the first"},
      {chat(R"({"role":"assistant","content":[{"type":"image"}]})"),
       "messages[1]: a part of the content has type \"image\"; only text is read"},
      {R"({"system":"s","messages":[{"role":"system","content":"t"},{"role":"user","content":"q"},{"role":"assistant","content":"r"}]})",
       "a system message and a \"system\" column too"},
      {R"({"conversations":[{"from":"human","value":"q"},{"from":"observation","value":"r"}]})",
       "role \"observation\""},
      {R"({"conversations":[{"from":"human","value":"q"},{"from":"gpt"}]})",
       "conversations[1]: key \"value\" is missing"},
      {R"({"prompt":"q","completion":[{"role":"assistant","content":"r"},{"role":"user","content":"s"}]})",
       "\"completion\" has 2 messages, the first of role \"assistant\"; wanted one message of the assistant"},
      {R"({"prompt":"q","completion":[]})", "\"completion\" has 0 messages;"},
      {R"({"prompt":"q","completion":"r","label":false})", "unpaired preferences (KTO)"},
      {R"({"prompt":"q","chosen":"r","rejected":"s"})",
       "preference pairs (`dpo` reads them), where instruction data"},
      {R"({"instruction":"q","generations":["r","s"],"ratings":[1,2]})", "rated answers"},
      {R"({"instruction":"q","output":"r","history":["s"]})",
       "\"history\" must be a list of [question, answer]"},
  };
  for (const auto& [row, reason] : table) {
    CAPTURE(row);
    CHECK_THROWS_WITH_AS(examples_of(row), doctest::Contains(reason.c_str()), Error);
  }
}

TEST_CASE("generations with ratings are ranked, the best first, ties alike") {
  const auto result =
      ranked_of(R"({"instruction":"q","input":"i","generations":["a","b","c","d"],"ratings":[2,5,2,null]})");
  REQUIRE(result.records.size() == 1);
  CHECK(result.records[0].prompt == "q\n\ni");
  CHECK(result.records[0].answers == std::vector<std::string>{"a", "b", "c"});
  CHECK(result.records[0].ranks == std::vector<double>{1, 0, 1});
  CHECK(result.dropped == std::map<std::string, int64_t>{{"reply_unrated", 1}});
  CHECK(ranked_of(R"({"instruction":"q","generations":["a","b"],"ratings":[2,null]})")
            .dropped.at("fewer_than_two_rated_answers") == 1);
  CHECK(ranked_of(R"({"instruction":"q","generations":["a",""],"ratings":[2,1]})")
            .dropped.at("empty_message") == 1);
  CHECK_THROWS_WITH_AS(
      ranked_of(R"({"system":"s","instruction":"q","generations":["a","b"],"ratings":[2,1]})"),
      doctest::Contains("\"system\" cannot be kept"), Error);
}

TEST_CASE("Open Assistant messages, one per row, make the same trees") {
  const auto row = [](const std::string& id, const std::string& parent, const std::string& more) {
    return R"({"message_id":")" + id + R"(","parent_id":)" +
           (parent.empty() ? "null" : "\"" + parent + "\"") +
           R"(,"message_tree_id":"t","role":"x","text":"text )" + id +
           R"(","lang":"en","review_result":true,"tree_state":"ready_for_export")" + more + "}\n";
  };
  const std::string rows = row("b", "a", R"(,"rank":1)") + row("a", "", "") + row("c", "a", R"(,"rank":0)") +
                           row("d", "c", "") + row("e", "d", R"(,"rank":0)") +
                           row("f", "", R"(,"synthetic":true)");
  const auto examples = examples_of(rows);
  REQUIRE(examples.records.size() == 1);
  CHECK(examples.records[0].id == "a");
  CHECK(examples.records[0].messages == Conversation{{"user", "text a"}, {"assistant", "text c"}});
  CHECK(examples.dropped == std::map<std::string, int64_t>{{"synthetic", 1}});
  CHECK(left_out_text(examples).ends_with("seed.jsonl, line 6)"));
  const auto ranked = ranked_of(rows);
  CHECK(ranked.records.at(0).answers == std::vector<std::string>{"text b", "text c"});
  CHECK(ranked.records[0].ranks == std::vector<double>{1, 0});
  CHECK_THROWS_WITH_AS(examples_of(row("a", "", "") + row("b", "z", "")),
                       doctest::Contains("line 2: its parent \"z\" is not in the file"), Error);
  CHECK_THROWS_WITH_AS(examples_of(row("a", "", "") + row("a", "", "")),
                       doctest::Contains("line 2: message_id \"a\" has been there before"), Error);
}
