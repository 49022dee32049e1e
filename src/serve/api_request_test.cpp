#include "serve/api_request.h"

#include <doctest/doctest.h>

using namespace selfreward;

namespace {

ApiRequest parse(const std::string& fields, bool chat) {
  const std::string start =
      chat ? R"({"messages": [{"role": "user", "content": "hi"}])" : R"({"prompt": "hi")";
  return parse_request(parse_body(start + (fields.empty() ? "" : ", " + fields) + "}"), chat, {.max_n = 8});
}

/// The error's status and parameter, as "400 n"; "" where there is none.
std::string objection(const std::string& fields, bool chat) {
  try {
    parse(fields, chat);
    return "";
  } catch (const ApiError& error) {
    CHECK(std::string(error.what()).find(error.param) != std::string::npos);
    return str(error.status, " ", error.param);
  }
}

std::string body_objection(const std::string& body, bool chat) {
  try {
    parse_request(parse_body(body), chat, {});
    return "";
  } catch (const ApiError& error) {
    return str(error.status, " ", error.param, ": ", error.what());
  }
}

}  // namespace

TEST_CASE("a request without settings has OpenAI's defaults") {
  const ApiRequest chat = parse("", true);
  CHECK(chat.chat);
  CHECK(chat.messages == Json::parse(R"([{"role": "user", "content": "hi"}])"));
  CHECK(chat.tools.is_null());
  CHECK(chat.n == 1);
  CHECK(chat.temperature == 1);
  CHECK(chat.top_p == 1);
  CHECK(!chat.seed);
  CHECK(!chat.max_tokens);
  CHECK(!chat.top_logprobs);
  CHECK(!chat.stream);
  CHECK(parse("", false).texts == std::vector<std::string>{"hi"});
}

TEST_CASE("every supported parameter is read") {
  const ApiRequest chat = parse(
      R"("model": "m", "n": 3, "seed": -7, "stop": ["a", "b"], "max_completion_tokens": 9, "temperature": 0,
         "top_p": 0.5, "top_k": 4, "logprobs": true, "top_logprobs": 2, "stream": true,
         "stream_options": {"include_usage": true}, "user": "u", "metadata": {"a": 1}, "store": false)",
      true);
  CHECK(chat.model == "m");
  CHECK(chat.n == 3);
  CHECK(chat.seed == -7);
  CHECK(chat.stop == std::vector<std::string>{"a", "b"});
  CHECK(chat.max_tokens == 9);
  CHECK(chat.temperature == 0);
  CHECK(chat.top_p == 0.5);
  CHECK(chat.top_k == 4);
  CHECK(chat.top_logprobs == 2);
  CHECK(chat.stream);
  CHECK(chat.include_usage);
  const ApiRequest completion =
      parse(R"("echo": true, "max_tokens": 0, "logprobs": 1, "stop": "x", "n": 2, "best_of": 2)", false);
  CHECK(completion.echo);
  CHECK(completion.max_tokens == 0);
  CHECK(completion.top_logprobs == 1);
  CHECK(completion.stop == std::vector<std::string>{"x"});
}

TEST_CASE("a prompt is a text, texts, ids, or lists of ids") {
  const auto prompt = [](const char* value) {
    return parse_request(parse_body(std::string(R"({"prompt": )") + value + "}"), false, {});
  };
  CHECK(prompt(R"(["a", "b"])").texts == std::vector<std::string>{"a", "b"});
  CHECK(prompt("[1, 2]").ids == std::vector<std::vector<int64_t>>{{1, 2}});
  CHECK(prompt("[[1, 2], [3]]").ids == std::vector<std::vector<int64_t>>{{1, 2}, {3}});
  for (const char* wrong : {"[]", "[[]]", "[1, \"a\"]", "[-1]", "[1.5]", "{}", "7", "null", "[[1], 2]"}) {
    INFO(wrong);
    CHECK(body_objection(std::string(R"({"prompt": )") + wrong + "}", false).starts_with("400 prompt"));
  }
}

TEST_CASE("what is wrong or would change the result is a 400 that names it") {
  struct Case {
    const char* fields;
    const char* param;
    bool chat = true;
  };
  for (const Case& c :
       std::initializer_list<Case>{{R"("n": 0)", "n"},
                                   {R"("n": 9)", "n"},
                                   {R"("n": "2")", "n"},
                                   {R"("n": 1e30)", "n"},
                                   {R"("n": true)", "n"},
                                   {R"("temperature": -1)", "temperature"},
                                   {R"("temperature": 1e-9)", "temperature"},
                                   {R"("temperature": "hot")", "temperature"},
                                   {R"("top_p": 0)", "top_p"},
                                   {R"("top_p": 1.5)", "top_p"},
                                   {R"("seed": 1.5)", "seed"},
                                   {R"("max_tokens": 0)", "max_tokens"},
                                   {R"("max_tokens": 0)", "max_tokens", false},
                                   {R"("max_tokens": 3, "max_completion_tokens": 4)", "max_tokens"},
                                   {R"("stop": "")", "stop"},
                                   {R"("stop": ["a", 1])", "stop"},
                                   {R"("stream": "yes")", "stream"},
                                   {R"("stream_options": {})", "stream_options"},
                                   {R"("top_logprobs": 2)", "top_logprobs"},
                                   {R"("logprobs": true, "top_logprobs": 21)", "top_logprobs"},
                                   {R"("logprobs": 21)", "logprobs", false},
                                   {R"("logprobs": true)", "logprobs", false},
                                   {R"("best_of": 2)", "best_of", false},
                                   {R"("suffix": "end")", "suffix", false},
                                   {R"("echo": true)", "echo"},
                                   {R"("frequency_penalty": 0.1)", "frequency_penalty"},
                                   {R"("presence_penalty": 1)", "presence_penalty"},
                                   {R"("logit_bias": {"5": 1})", "logit_bias"},
                                   {R"("response_format": {"type": "json_object"})", "response_format"},
                                   {R"("tool_choice": "auto")", "tool_choice"},
                                   {R"("tools": [{"type": "web"}])", "tools"},
                                   {R"("no_such_thing": 1)", "no_such_thing"},
                                   {R"("model": 1)", "model"}}) {
    INFO(c.fields);
    CHECK(objection(c.fields, c.chat) == str("400 ", c.param));
  }
  CHECK(objection(R"("stream": true, "stream_options": {"x": 1})", true) == "400 stream_options.x");
}

TEST_CASE("parameters that say nothing are accepted") {
  for (const char* fields :
       {R"("frequency_penalty": 0.0, "presence_penalty": 0, "logit_bias": {}, "seed": null, "stop": null)",
        R"("response_format": {"type": "text"}, "tools": [], "tool_choice": "none", "functions": null)",
        R"("logprobs": false, "top_logprobs": 0, "stream": false, "service_tier": "auto")"}) {
    INFO(fields);
    CHECK(objection(fields, true) == "");
  }
  CHECK(objection(R"("suffix": null, "best_of": 1, "n": 1)", false) == "");
}

TEST_CASE("messages: text parts are joined, calls opened, and anything else named") {
  const auto messages = [](const char* list) {
    return parse_request(parse_body(std::string(R"({"messages": )") + list + "}"), true, {}).messages;
  };
  CHECK(
      messages(
          R"([{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}])")
          [0]["content"] == "a\nb");
  const Json calls = messages(
      R"([{"role": "assistant", "content": null, "tool_calls": [{"id": "1", "type": "function",
           "function": {"name": "f", "arguments": "{\"x\": 1}"}}]},
          {"role": "tool", "tool_call_id": "1", "content": "2"}])");
  CHECK(calls[0]["tool_calls"][0]["function"]["arguments"]["x"] == 1);
  CHECK(calls[1]["tool_call_id"] == "1");
  const auto objection_to = [](const std::string& list) {
    return body_objection(R"({"messages": )" + list + "}", true);
  };
  CHECK(objection_to("[]").starts_with("400 messages:"));
  CHECK(objection_to(R"("hi")").starts_with("400 messages:"));
  CHECK(objection_to(R"([{"content": "a"}])").starts_with("400 messages[0]:"));
  CHECK(objection_to(R"([{"role": "user"}])").starts_with("400 messages[0].content:"));
  CHECK(objection_to(R"([{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}])")
            .find("image_url") != std::string::npos);
}

TEST_CASE("keys of a message that are null or empty count as absent") {
  const auto message = [](const std::string& keys) {
    const std::string body = R"({"messages": [{"role": "assistant", "content": "a", )" + keys + "}]}";
    return parse_request(parse_body(body), true, {}).messages[0].dump();
  };
  const std::string plain = R"({"role":"assistant","content":"a"})";
  CHECK(message(R"("tool_calls": null)") == plain);
  CHECK(message(R"("tool_calls": [])") == plain);
  CHECK(message(R"("name": null, "reasoning_content": "", "refusal": null, "annotations": [], "audio": null,
                   "function_call": null, "prefix": false)") ==
        R"({"role":"assistant","content":"a","prefix":false})");
  CHECK(message(R"("name": "n", "thinking": "t")") ==
        R"({"role":"assistant","content":"a","name":"n","thinking":"t"})");
  const ApiRequest calls = parse_request(
      parse_body(
          R"({"messages": [{"role": "assistant", "content": null, "tool_calls": [{"id": "1", "index": null,
                     "type": "function", "function": {"name": "f", "arguments": "{\"x\": null}"}}]}],
                     "tools": [{"type": "function", "function": {"name": "f", "strict": null}}]})"),
      true, {});
  CHECK(calls.messages[0].dump() == R"({"role":"assistant","tool_calls":[{"id":"1","type":"function",)"
                                    R"("function":{"name":"f","arguments":{"x":null}}}]})");
  CHECK(calls.tools.dump() == R"([{"type":"function","function":{"name":"f"}}])");
}

TEST_CASE("what a message says that the server cannot do is a 400 that names it") {
  const std::pair<const char*, const char*> table[] = {
      {R"("function_call": {"name": "f", "arguments": "{}"})", "400 messages[0].function_call:"},
      {R"("refusal": "no")", "400 messages[0].refusal:"},
      {R"("prefix": true)", "400 messages[0].prefix:"},
      {R"("tool_calls": [{"type": "function"}])", "400 messages[0].tool_calls:"},
      {R"("tool_calls": "f")", "400 messages[0].tool_calls:"}};
  for (const auto& [keys, wanted] : table) {
    CAPTURE(keys);
    const std::string body = str(R"({"messages": [{"role": "assistant", "content": "a", )", keys, "}]}");
    CHECK(body_objection(body, true).starts_with(wanted));
  }
}

TEST_CASE("integers stay what they are, or are a 400") {
  const auto call = [](const std::string& arguments) {
    return R"({"messages": [{"role": "assistant", "content": null, "tool_calls": [{"function": {"name": "f", )"
           R"("arguments": )" +
           Json(arguments).dump() + "}}]}]}";
  };
  const ApiRequest request = parse_request(parse_body(call(R"({"id": 18446744073709551615})")), true, {});
  CHECK(request.messages[0]["tool_calls"][0]["function"]["arguments"].dump() ==
        R"({"id":18446744073709551615})");
  CHECK(
      body_objection(call(R"({"id": 100000000000000000000})"), true)
          .find("400 messages[0].tool_calls: messages[0].tool_calls has the integer 100000000000000000000") ==
      0);
  CHECK(body_objection(R"({"prompt": "x", "seed": 100000000000000000000})", false)
            .find("400 : the body has the integer 100000000000000000000") == 0);
  CHECK(objection(R"("seed": 9223372036854775808)", false) == "400 seed");
}

TEST_CASE("bodies that are no JSON object, or are nested without end, are errors") {
  CHECK(body_objection("", false).find("not valid JSON") != std::string::npos);
  CHECK(body_objection("{\"prompt\": \"\xff\"}", false).find("not valid JSON") != std::string::npos);
  CHECK(body_objection("[1]", false).find("expected a JSON object") != std::string::npos);
  CHECK(body_objection(std::string(1000000, '['), false).find("nested deeper") != std::string::npos);
  CHECK(body_objection("{}", true).starts_with("400 messages:"));
  CHECK(body_objection("{}", false).starts_with("400 prompt:"));
}

TEST_CASE("errors are OpenAI's error objects") {
  CHECK(error_json(ApiError(400, "n is 0", "n")) ==
        Json::parse(R"({"error": {"message": "n is 0", "type": "invalid_request_error", "param": "n",
                                  "code": null}})"));
  CHECK(error_json(ApiError(429, "full", "", "queue_full"))["error"]["type"] == "rate_limit_error");
  CHECK(error_json(ApiError(503, "stops"))["error"]["type"] == "server_error");
}
