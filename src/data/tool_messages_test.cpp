#include "data/tool_messages.h"

#include <doctest/doctest.h>

#include "data/readers.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

fs::path file_of(const std::string& content) {
  const fs::path path = scratch("rows.jsonl");
  write_file_atomically(path, content);
  return path;
}

Example example_of(const std::string& row) {
  const auto read = read_examples(file_of(row));
  REQUIRE(read.records.size() == 1);
  return read.records[0];
}

const std::string kCall = R"({"type":"function","function":{"name":"f","arguments":{"x":1}}})";
const std::string kTools = R"([{"type":"function","function":{"name":"f","parameters":{"a":[null,1]}}}])";
const std::string kTurns =
    R"({"role":"user","content":"q"},{"role":"assistant","content":null,"tool_calls":[)" + kCall +
    R"(]},{"role":"tool","name":"f","content":"","tool_calls":null})";

}  // namespace

TEST_CASE("tool calls, the tools' answers and the list of tools are read") {
  const Example example = example_of(R"({"messages":[)" + kTurns +
                                     R"(,{"role":"assistant","content":"r"}],"tools":)" + kTools + "}");
  REQUIRE(example.messages.size() == 4);
  CHECK(Json(example.messages[1]).dump() == R"({"role":"assistant","tool_calls":[)" + kCall + "]}");
  CHECK(shown_text(example.messages[1]) == "[" + kCall + "]");
  CHECK(Json(example.messages[2]).dump() == R"({"role":"tool","content":"","name":"f"})");
  CHECK(example.messages[3] == Message{"assistant", "r"});
  CHECK(example.inputs.tools.dump() == kTools);
  CHECK(example.inputs.kwargs.is_null());
}

TEST_CASE("tools as a JSON string are the same tools; keys that are null are none") {
  const std::string messages =
      R"({"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"r"}],)";
  CHECK(example_of(messages + "\"tools\":" + Json(kTools).dump() + "}").inputs.tools.dump() == kTools);
  const Example united = example_of(
      messages + R"("tools":[{"name":"f","unit":null}],"chat_template_kwargs":{"a":false,"b":null}})");
  CHECK(united.inputs.tools.dump() == R"([{"name":"f"}])");
  CHECK(united.inputs.kwargs.dump() == R"({"a":false})");
  for (const std::string none : {"[]", "\"\"", "\"[]\"", "null"})
    CHECK(example_of(messages + "\"tools\":" + none + "}").inputs == TemplateInputs{});
}

TEST_CASE("integers of tools and calls stay what they are, or are an error that names the row") {
  const auto row = [](const std::string& integer) {
    return R"({"messages":[{"role":"user","content":"q"},{"role":"assistant","content":null,"tool_calls":)"
           R"([{"type":"function","function":{"name":"f","arguments":{"id":)" +
           integer + R"(}}}]}],"tools":[{"maximum":)" + integer + "}]}";
  };
  for (const std::string integer : {"18446744073709551615", "-9223372036854775808", "1e+20"}) {
    const Example example = example_of(row(integer));
    CHECK(shown_text(example.messages[1]).find("\"id\":" + integer + "}") != std::string::npos);
    CHECK(example.inputs.tools.dump() == "[{\"maximum\":" + integer + "}]");
  }
  const std::string larger = "100000000000000000000";
  CHECK_THROWS_WITH_AS(
      example_of(row(larger)),
      doctest::Contains("rows.jsonl, line 1: the integer 100000000000000000000 is beyond 64 bits"), Error);
  CHECK_THROWS_WITH_AS(example_of(R"({"messages":[{"role":"user","content":"q"},{"role":"assistant",)"
                                  R"("content":"r"}],"tools":"[{\"maximum\":100000000000000000000}]"})"),
                       doctest::Contains("line 1, \"tools\": the integer 100000000000000000000"), Error);
}

TEST_CASE("a record with tools survives its file; one without has no key of theirs") {
  const Example example = example_of(R"({"id":"a","source":"s","messages":[)" + kTurns +
                                     R"(,{"role":"assistant","content":"r"}],"tools":)" + kTools +
                                     R"(,"chat_template_kwargs":{"k":[1]}})");
  const Example again = parse_json(to_line(example), "test").get<Example>();
  CHECK(again.messages == example.messages);
  CHECK(again.inputs == example.inputs);
  CHECK(to_line(Example{"i", {{"user", "q"}, {"assistant", "r"}}, "s"}) ==
        R"({"id":"i","messages":[{"role":"user","content":"q"},{"role":"assistant",)"
        R"("content":"r"}],"source":"s"})"
        "\n");
}

TEST_CASE("preference pairs may answer a tool, and answer with calls") {
  const std::string call = R"([{"role":"assistant","tool_calls":[)" + kCall + "]}]";
  const auto read = read_preferences(file_of(R"({"prompt":[)" + kTurns + R"(],"chosen":)" + call +
                                             R"(,"rejected":[{"role":"assistant","content":"no"}],"tools":)" +
                                             kTools + "}"));
  REQUIRE(read.records.size() == 1);
  const PreferencePair& pair = read.records[0];
  CHECK(pair.inputs.tools.dump() == kTools);
  CHECK(Json(Conversation{pair.chosen_message()}).dump() == call);
  CHECK(pair.rejected_message() == Message{"assistant", "no"});
  const PreferencePair again = parse_json(to_line(pair), "test").get<PreferencePair>();
  CHECK(again.prompt == pair.prompt);
  CHECK(again.chosen_message() == pair.chosen_message());
  CHECK(again.inputs == pair.inputs);
  const auto same =
      read_preferences(file_of(R"({"prompt":"q","chosen":)" + call + R"(,"rejected":)" + call + "}"));
  CHECK(same.dropped.at("chosen_is_rejected") == 1);
}

TEST_CASE("text parts of a content are joined") {
  const Example example = example_of(R"({"messages":[{"role":"user","content":[{"type":"text","text":"a "},)"
                                     R"({"type":"text","text":"b","image":null}]},)"
                                     R"({"role":"assistant","content":[{"type":"text","text":"r"}]}]})");
  CHECK(example.messages == Conversation{{"user", "a b"}, {"assistant", "r"}});
}

TEST_CASE("tools nested without an end are an error") {
  const auto nested = [](size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  const std::string row = R"({"prompt":"q","completion":"r","tools":)";
  for (const std::string& tools : {nested(100), Json(nested(100'000)).dump()})
    CHECK_THROWS_WITH_AS(example_of(row + tools + "}"), doctest::Contains("nested more than"), Error);
}
