#include "serve/api_response.h"

#include <doctest/doctest.h>

#include "support/fixtures.h"

using namespace selfreward;

namespace {

AnswerPlan plan_of(const char* body, bool chat) {
  AnswerPlan plan{parse_request(parse_body(body), chat, {}), {}};
  plan.prompts.push_back({{70, 71, 72}, "abc", 5});
  return plan;
}

TokenScore score(int64_t id, double log_prob, std::vector<std::pair<int64_t, double>> top = {}) {
  return {id, log_prob, std::move(top)};
}

}  // namespace

TEST_CASE("a chat answer as one object: choices in order, joined pieces, usage") {
  const Tokenizer tokenizer = Tokenizer::load(kFixtures / "tiny_llama");
  const AnswerPlan plan = plan_of(R"({"messages": [{"role": "user", "content": "x"}], "n": 2})", true);
  ResponseWriter writer(plan, tokenizer, "m");
  const Json out = writer.response({{1, "B", {}, 1, {}},
                                    {0, "A", {}, 1, {}},
                                    {1, "!", {}, 1, FinishReason::length},
                                    {0, "", {}, 1, FinishReason::stop}});
  CHECK(out["object"] == "chat.completion");
  CHECK(out["model"] == "m");
  CHECK(out["id"].get<std::string>().starts_with("chatcmpl-"));
  CHECK(out["choices"] == Json::parse(R"([
    {"index": 0, "message": {"role": "assistant", "content": "A", "refusal": null}, "logprobs": null,
     "finish_reason": "stop"},
    {"index": 1, "message": {"role": "assistant", "content": "B!", "refusal": null}, "logprobs": null,
     "finish_reason": "length"}])"));
  CHECK(out["usage"] == Json::parse(R"({"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7})"));
}

TEST_CASE("log-probabilities of completions: the first is null, the top holds the token itself") {
  const Tokenizer tokenizer = Tokenizer::load(kFixtures / "tiny_llama");
  const TokenIds ids = tokenizer.encode("a");
  const AnswerPlan plan = plan_of(R"({"prompt": "x", "logprobs": 1, "echo": true})", false);
  ResponseWriter writer(plan, tokenizer, "m");
  const int64_t b = tokenizer.encode("b")[0];
  const Json out =
      writer.response({{0, "aa", {{ids[0], 0, {}}, {ids[0], 1, score(ids[0], -2, {{b, -1}})}}, 0, {}},
                       {0, "b", {{b, 2, score(b, -0.5, {{b, -0.5}})}}, 1, FinishReason::length}});
  CHECK(out["choices"][0]["text"] == "aab");
  CHECK(out["choices"][0]["logprobs"] == Json::parse(R"({
    "text_offset": [0, 1, 2], "token_logprobs": [null, -2.0, -0.5], "tokens": ["a", "a", "b"],
    "top_logprobs": [null, {"b": -1.0, "a": -2.0}, {"b": -0.5}]})"));
}

TEST_CASE("log-probabilities of chats have bytes; a part of a character has none and the vocabulary's name") {
  const Tokenizer tokenizer = Tokenizer::load(kFixtures / "tiny_llama");
  const AnswerPlan plan = plan_of(
      R"({"messages": [{"role": "user", "content": "x"}], "logprobs": true, "top_logprobs": 1})", true);
  ResponseWriter writer(plan, tokenizer, "m");
  const int64_t a = tokenizer.encode("a")[0], part = tokenizer.encode("🐕")[0];
  const Json content = writer.response(
      {{0, "a", {{part, 0, score(part, -1, {{a, -0.25}})}}, 1, FinishReason::stop}})["choices"][0]["logprobs"]
                                                                                    ["content"];
  CHECK(content[0]["token"] == tokenizer.id_to_token(part));
  CHECK(content[0]["bytes"].is_null());
  CHECK(content[0]["top_logprobs"] == Json::parse(R"([{"token": "a", "logprob": -0.25, "bytes": [97]}])"));
}

TEST_CASE("tokens are named by their text, with the space of SentencePiece") {
  const Tokenizer tokenizer = Tokenizer::load(kFixtures / "tokenizer/llama2_style");
  const TokenNames names(tokenizer);
  std::string text;
  for (const int64_t id : tokenizer.encode("one two")) text += names.of(id);
  CHECK(text == " one two");
}

TEST_CASE("a stream: roles first, texts, the reason of the end, usage only where it was asked for") {
  const Tokenizer tokenizer = Tokenizer::load(kFixtures / "tiny_llama");
  const AnswerPlan plan = plan_of(
      R"({"messages": [{"role": "user", "content": "x"}], "stream": true, "stream_options": {"include_usage": true}})",
      true);
  ResponseWriter writer(plan, tokenizer, "m");
  const auto first = writer.first_chunks();
  REQUIRE(first.size() == 1);
  CHECK(first[0]["choices"] == Json::parse(R"([{"index": 0, "delta": {"role": "assistant", "content": ""},
                                               "logprobs": null, "finish_reason": null}])"));
  CHECK(first[0]["usage"].is_null());
  CHECK(!writer.chunk({0, "", {}, 1, {}}));
  CHECK((*writer.chunk({0, "hi", {}, 1, {}}))["choices"][0]["delta"] == Json::parse(R"({"content": "hi"})"));
  const Json last = *writer.chunk({0, "", {}, 1, FinishReason::stop});
  CHECK(last["choices"][0]["delta"] == Json::object());
  CHECK(last["choices"][0]["finish_reason"] == "stop");
  CHECK((*writer.usage_chunk())["usage"]["completion_tokens"] == 3);
  CHECK((*writer.usage_chunk())["choices"] == Json::array());

  const AnswerPlan plain = plan_of(R"({"prompt": "x", "stream": true})", false);
  ResponseWriter other(plain, tokenizer, "m");
  CHECK(other.first_chunks().empty());
  const Json chunk = *other.chunk({0, "hi", {}, 1, {}});
  CHECK(chunk["choices"] ==
        Json::parse(R"([{"index": 0, "text": "hi", "logprobs": null, "finish_reason": null}])"));
  CHECK(!chunk.contains("usage"));
  CHECK(!other.usage_chunk());
}
