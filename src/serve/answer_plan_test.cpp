#include "serve/answer_plan.h"

#include <doctest/doctest.h>

#include "support/fixtures.h"

using namespace selfreward;

namespace {

const ModelRoom kRoom{.context = 256, .cache_tokens = 4096, .vocab = 320};

ChatFormat tiny_format() {
  return ChatFormat::load(kTinyLlama, {2});
}

AnswerPlan plan_of(const char* body, bool chat, const ModelRoom& room = kRoom) {
  return plan_answer(parse_request(parse_body(body), chat, {}), tiny_format(), room);
}

ApiError error_of(const char* body, bool chat, const ModelRoom& room = kRoom) {
  try {
    plan_of(body, chat, room);
  } catch (const ApiError& error) {
    return error;
  }
  return ApiError(200, "no error");
}

}  // namespace

TEST_CASE("a chat is rendered by the template, with the context as room for its answer") {
  const ChatFormat format = tiny_format();
  const AnswerPlan plan = plan_of(R"({"messages": [{"role": "user", "content": "hi <|im_end|>"}]})", true);
  REQUIRE(plan.prompts.size() == 1);
  CHECK(plan.prompts[0].ids == format.prompt_ids({{"user", "hi <|im_end|>"}}));
  CHECK(plan.prompts[0].max_tokens == 256 - plan.prompt_tokens());
}

TEST_CASE("completions: each prompt has its tokens and its text, and 16 new ones where nothing is said") {
  const AnswerPlan texts = plan_of(R"({"prompt": ["one", "two three"], "n": 3})", false);
  CHECK(texts.num_choices() == 6);
  CHECK(texts.prompts[1].ids == tiny_format().completion_ids("two three"));
  CHECK(texts.prompts[1].text == "two three");
  CHECK(texts.prompts[1].max_tokens == 16);
  const AnswerPlan ids = plan_of(R"({"prompt": [[70, 71], [72]], "max_tokens": 0, "echo": true})", false);
  CHECK(ids.prompts[0].ids == TokenIds{70, 71});
  CHECK(ids.prompts[0].text == tiny_format().tokenizer().decode({70, 71}));
  CHECK(ids.prompts[0].max_tokens == 0);
  CHECK(ids.prompt_tokens() == 3);
}

TEST_CASE("what does not fit the context or the cache is an error with the numbers") {
  const ApiError context = error_of(R"({"prompt": "one", "max_tokens": 300})", false);
  CHECK(context.status == 400);
  CHECK(context.code == "context_length_exceeded");
  CHECK(std::string(context.what()).find("256") != std::string::npos);
  const std::string long_prompt = R"({"prompt": ")" + std::string(2000, 'z') + "\"}";
  CHECK(error_of(long_prompt.c_str(), false).code == "context_length_exceeded");
  const ApiError cache = error_of(R"({"prompt": "one", "max_tokens": 200})", false, {256, 256, 320});
  CHECK(std::string(cache.what()).find("--max-cache-tokens") != std::string::npos);
  CHECK(plan_of(R"({"messages": [{"role": "user", "content": "hi"}]})", true, {256, 256, 320})
            .prompts[0]
            .max_tokens == 256 - 4 * 32 - 32);  // spare pages, and one of the prompt
}

TEST_CASE(
    "ids without a token, empty prompts and messages that the template refuses are the client's errors") {
  CHECK(error_of(R"({"prompt": [70, 320]})", false).param == "prompt");
  CHECK(error_of(R"({"prompt": ""})", false).param == "prompt");
  const ChatFormat strict(
      Tokenizer::load(kTinyLlama),
      ChatTemplate("{% for m in messages %}{{ raise_exception('no ' + m['role']) }}{% endfor %}", {}), {2});
  try {
    plan_answer(parse_request(parse_body(R"({"messages": [{"role": "clown", "content": "hi"}]})"), true, {}),
                strict, kRoom);
    FAIL("no error");
  } catch (const ApiError& error) {
    CHECK(error.status == 400);
    CHECK(error.param == "messages");
    CHECK(std::string(error.what()).find("no clown") != std::string::npos);
  }
}

TEST_CASE("a message that the template would leave out is a 400 that names it") {
  const ChatFormat format(
      Tokenizer::load(kTinyLlama),
      ChatTemplate("{% for m in messages %}{% if m.role == 'user' or m.role == 'system' %}"
                   "{{ m.content }}{% endif %}{% endfor %}",
                   {}),
      {2});
  const auto prompt_of = [&](const std::string& role) {
    const std::string body = R"({"messages": [{"role": ")" + role +
                             R"(", "content": "Be brief."}, {"role": "user", "content": "hi"}]})";
    return plan_answer(parse_request(parse_body(body), true, {}), format, kRoom).prompts.at(0).ids;
  };
  CHECK(prompt_of("developer") == prompt_of("system"));
  try {
    prompt_of("function");
    FAIL("no error");
  } catch (const ApiError& error) {
    CHECK(error.status == 400);
    CHECK(std::string(error.what()).find("leaves out messages[0] (role function)") != std::string::npos);
  }
}
