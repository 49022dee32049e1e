#include "serve/http_server.h"

#include "support/fixtures.h"
#include "support/test_server.h"

using namespace selfreward;

TEST_CASE("health, models, and paths that are not there") {
  const TestServer server;
  auto client = server.client();
  CHECK(client.Get("/health")->status == 200);
  const Json models = Json::parse(client.Get("/v1/models")->body);
  CHECK(models["data"][0]["id"] == "tiny");
  CHECK(models["data"][0]["max_model_len"] == 256);
  CHECK(error_of(client.Get("/v1/nothing"), 404)["type"] == "invalid_request_error");
  CHECK(error_of(client.Get(kChat), 404)["message"].get<std::string>().find("GET") != std::string::npos);
}

TEST_CASE("a chat and a completion, whole and streamed, say the same") {
  const TestServer server;
  for (const bool chat : {true, false}) {
    const auto body = [&](const std::string& fields) {
      return chat ? chat_body(fields) : completion_body(fields);
    };
    const char* path = chat ? kChat : kCompletions;
    const std::string fields = R"("seed": 4, "max_tokens": 24, "n": 2)";
    const Json whole = Json::parse(post(server, path, body(fields))->body);
    CHECK(whole == [&] {
      Json again = Json::parse(post(server, path, body(fields))->body);
      again["id"] = whole["id"];
      again["created"] = whole["created"];
      return again;
    }());
    const auto streamed =
        post(server, path, body(fields + R"(, "stream": true, "stream_options": {"include_usage": true})"));
    CHECK(streamed->get_header_value("Content-Type") == "text/event-stream");
    std::vector<std::string> texts(2), reasons(2);
    Json usage;
    for (const Json& event : events_of(streamed->body)) {
      if (!event["usage"].is_null()) usage = event["usage"];
      for (const Json& choice : event["choices"]) {
        const auto index = choice["index"].get<size_t>();
        texts[index] += chat ? choice["delta"].value("content", "") : choice["text"].get<std::string>();
        if (!choice["finish_reason"].is_null()) reasons[index] = choice["finish_reason"];
      }
    }
    CHECK(usage == whole["usage"]);
    for (size_t i = 0; i < 2; ++i) {
      const Json& choice = whole["choices"][i];
      CHECK(texts[i] == (chat ? choice["message"]["content"] : choice["text"]).get<std::string>());
      CHECK(choice["finish_reason"] == reasons[i]);
    }
    CHECK(texts[0] != texts[1]);
  }
}

TEST_CASE("many clients at once get what each gets alone") {
  const TestServer server;
  const auto text = [&](int seed) {
    const auto result =
        post(server, kCompletions, completion_body(str("\"max_tokens\": 40, \"seed\": ", seed)));
    return Json::parse(result->body)["choices"][0]["text"].get<std::string>();
  };
  std::vector<std::future<std::string>> texts;
  for (int seed = 0; seed < 8; ++seed) texts.push_back(std::async(std::launch::async, text, seed));
  std::vector<std::string> together;
  for (auto& answer : texts)
    together.push_back(answer.get());  // all, before more are asked for: the queue has 8
  for (int seed = 0; seed < 8; ++seed) CHECK(together[static_cast<size_t>(seed)] == text(seed));
}

TEST_CASE("errors have OpenAI's form and status") {
  const TestServer server({.max_n = 4, .max_body_bytes = 2000});
  CHECK(error_of(post(server, kChat, "{"), 400)["message"].get<std::string>().find("JSON") !=
        std::string::npos);
  CHECK(error_of(post(server, kChat, chat_body("\"n\": 5")), 400)["param"] == "n");
  CHECK(error_of(post(server, kChat, chat_body("\"logit_bias\": {\"1\": 2}")), 400)["param"] == "logit_bias");
  CHECK(error_of(post(server, kCompletions, R"({"model": "huge", "prompt": "a"})"), 404)["code"] ==
        "model_not_found");
  CHECK(error_of(post(server, kCompletions, completion_body("\"max_tokens\": 5000")), 400)["code"] ==
        "context_length_exceeded");
  const std::string large = completion_body("\"user\": \"" + std::string(3000, 'x') + "\"");
  error_of(post(server, kCompletions, large), 413);
  error_of(server.client().Post(kCompletions, httplib::MultipartFormDataItems{{"a", "b", "", ""}}), 400);
  CHECK(post(server, kCompletions, completion_body("\"max_tokens\": 2"))->status == 200);
}

TEST_CASE("a client that goes away frees its place, whether it streams or not") {
  const TestServer server({}, /*max_queue=*/1);
  for (const char* stream : {"true", "false"}) {
    auto client = server.client();
    client.set_read_timeout(0, 300000);  // gives up while the answer is made
    const std::string slow =
        str(R"("max_tokens": 200, "n": 100, "seed": 1, "stop": "never said", "stream": )", stream);
    auto posted = std::async(std::launch::async,
                             [&] { client.Post(kCompletions, completion_body(slow), "application/json"); });
    while (server.engine().unfinished() == 0) std::this_thread::yield();
    posted.get();
    client.stop();
    CHECK(becomes_idle(server.engine()));
    CHECK(post(server, kCompletions, completion_body("\"max_tokens\": 1"))->status == 200);
  }
}

TEST_CASE("a full queue is a 429, and answers under way when the server stops are a 503") {
  TestServer server({}, /*max_queue=*/1);
  const std::string slow = completion_body(R"("max_tokens": 250, "n": 128, "seed": 1)");
  auto whole = std::async(std::launch::async, [&] { return post(server, kCompletions, slow); });
  while (server.engine().unfinished() == 0) std::this_thread::yield();
  const auto refused = post(server, kCompletions, completion_body("\"max_tokens\": 1"));
  CHECK(error_of(refused, 429)["code"] == "queue_full");
  CHECK(refused->get_header_value("Retry-After") == "1");
  server.stop();
  CHECK(error_of(whole.get(), 503)["code"] == "server_stopping");
}

TEST_CASE("an answer that takes too long is a 504, and a port that is taken an error") {
  const TestServer server({.request_timeout = std::chrono::seconds(0)});
  error_of(post(server, kCompletions, completion_body(R"("max_tokens": 250, "n": 128)")), 504);
  CHECK(becomes_idle(server.engine()));
  Policy policy = Policy::load(kTinyLlama, {.device = "cpu", .dtype = "float32"});
  Engine engine(policy, {}, 1);
  CHECK_THROWS_WITH_AS(HttpServer(engine, {.port = server.port()}), doctest::Contains("--port"), Error);
}
