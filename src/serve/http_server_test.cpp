#include "serve/http_server.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <httplib.h>

#include <atomic>
#include <future>
#include <thread>

#include "model/policy/policy.h"
#include "serve/http_parts.h"

using namespace selfreward;

namespace {

const fs::path kTiny = SELFREWARD_SOURCE_DIR "/tests/fixtures/tiny_llama";

/// A server of the tiny model on a free port while it lives; its engine runs in a thread of its own.
class TestServer {
 public:
  explicit TestServer(HttpSettings settings = {}, int64_t max_queue = 8) {
    settings.port = 0;
    settings.model = "tiny";
    thread_ = std::thread([this, settings, max_queue] {
      Policy policy = Policy::load(kTiny, {.device = "cpu", .dtype = "float32"});
      Engine engine(policy, {}, max_queue);
      const HttpServer server(engine, settings);
      ready_.set_value({&engine, server.port()});
      engine.run([this] { return stop_.load(); }, std::chrono::milliseconds(0));
    });
    std::tie(engine_, port_) = ready_.get_future().get();
  }
  ~TestServer() { stop(); }

  void stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  int port() const { return port_; }
  const Engine& engine() const { return *engine_; }
  httplib::Client client() const {
    httplib::Client client("127.0.0.1", port_);
    client.set_read_timeout(60);
    return client;
  }

 private:
  std::promise<std::pair<Engine*, int>> ready_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
  Engine* engine_ = nullptr;
  int port_ = 0;
};

constexpr const char* kChat = "/v1/chat/completions";
constexpr const char* kCompletions = "/v1/completions";

std::string chat_body(const std::string& fields) {
  return R"({"model": "tiny", "messages": [{"role": "user", "content": "tell me of the sea"}], )" + fields +
         "}";
}

std::string completion_body(const std::string& fields) {
  return R"({"model": "tiny", "prompt": "the sea", )" + fields + "}";
}

httplib::Result post(const TestServer& server, const char* path, const std::string& body,
                     const httplib::Headers& headers = {}) {
  return server.client().Post(path, headers, body, "application/json");
}

Json error_of(const httplib::Result& result, int status) {
  REQUIRE(result);
  CHECK(result->status == status);
  return parse_json(result->body, "error")["error"];
}

/// The JSON events of a stream that ends as it should.
std::vector<Json> events_of(const std::string& body) {
  std::vector<Json> events;
  std::istringstream lines(body);
  bool done = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    REQUIRE(line.starts_with("data: "));
    CHECK(!done);
    done = line == "data: [DONE]";
    if (!done) events.push_back(Json::parse(line.substr(6)));
  }
  CHECK(done);
  return events;
}

/// Waits until nothing is under way, a minute at most.
bool becomes_idle(const Engine& engine) {
  for (int i = 0; i < 6000 && engine.unfinished() > 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return engine.unfinished() == 0;
}

/// What the server says to these bytes until it closes the connection, within ten seconds.
std::string answer_to(const TestServer& server, const std::string& bytes) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  const timeval most{10, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(server.port()));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL) == std::ssize(bytes));
  std::string answer;
  char part[4096];
  for (ssize_t count; (count = ::recv(socket, part, sizeof part, 0)) > 0;)
    answer.append(part, static_cast<size_t>(count));
  ::close(socket);
  return answer;
}

int64_t count_of(const std::string& text, const std::string& part) {
  int64_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

}  // namespace

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
      CHECK(reasons[i] == choice["finish_reason"]);
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
  for (int seed = 0; seed < 8; ++seed) CHECK(texts[static_cast<size_t>(seed)].get() == text(seed));
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

TEST_CASE("with a key, requests without it are a 401") {
  const TestServer server({.api_key = "secret"});
  CHECK(server.client().Get("/health")->status == 200);
  CHECK(error_of(server.client().Get("/v1/models"), 401)["code"] == "invalid_api_key");
  const std::string body = chat_body("\"max_tokens\": 2");
  error_of(post(server, kChat, body), 401);
  error_of(post(server, kChat, body, {{"Authorization", "Bearer secret2"}}), 401);
  error_of(post(server, kChat, body, {{"Authorization", "secret"}}), 401);
  CHECK(post(server, kChat, body, {{"Authorization", "Bearer secret"}})->status == 200);
  for (const char* scheme : {"bearer", "BEARER", "Bearer "})
    CHECK(post(server, kChat, body, {{"Authorization", str(scheme, " secret")}})->status == 200);
  error_of(post(server, kChat, body, {{"Authorization", "Basic secret"}}), 401);
  CHECK(bearer_key("bEaReR a b") == "a b");
  for (const char* other : {"", "Bearer", "Bearers a", "Basic a"}) CHECK(!bearer_key(other));
  CHECK(same_key("abc", "abc"));
  for (const char* wrong : {"", "ab", "abcd", "abd", "abcabc"}) CHECK(!same_key(wrong, "abc"));
}

TEST_CASE("a body that nobody may send is not waited for, nor taken for the next request") {
  const TestServer server({.api_key = "secret", .max_body_bytes = 1000});
  const std::string next = "GET /health HTTP/1.1\r\n\r\n";
  const auto request = [&](const char* line, const char* headers) {
    return answer_to(server, str(line, " HTTP/1.1\r\n", headers, "Content-Length: 15000000\r\n\r\n", next));
  };
  const char* key = "Authorization: Bearer secret\r\n";
  const std::tuple<const char*, const char*, const char*> table[] = {
      {"POST /v1/chat/completions", "", "HTTP/1.1 401 "},
      {"POST /v1/completions", "Authorization: Bearer other\r\n", "HTTP/1.1 401 "},
      {"POST /v1/completions", key, "HTTP/1.1 413 "},
      {"POST /v1/nothing", key, "HTTP/1.1 404 "},
      {"PUT /v1/completions", key, "HTTP/1.1 404 "},
      {"NONSENSE", key, "HTTP/1.1 400 "}};
  for (const auto& [line, headers, status] : table) {
    const std::string answer = request(line, headers);
    CAPTURE(answer);
    CHECK(answer.starts_with(status));
    CHECK(count_of(answer, "HTTP/1.1 ") == 1);
    CHECK(answer.find("Connection: close") != std::string::npos);
    CHECK(answer.find("\"invalid_request_error\"") != std::string::npos);
  }
}

TEST_CASE("pages of the named origins may ask, and those of others are told nothing") {
  const auto header = [](const httplib::Result& result, const char* name) {
    REQUIRE(result);
    return result->get_header_value(name);
  };
  const httplib::Headers page = {{"Origin", "https://a.example"}}, other = {{"Origin", "https://b.example"}};
  constexpr const char* kAllow = "Access-Control-Allow-Origin";
  const std::string body = completion_body("\"max_tokens\": 1");
  {
    const TestServer server({.api_key = "k", .cors_origins = {"https://a.example", "https://c.example"}});
    httplib::Headers with_key = page;
    with_key.emplace("Authorization", "Bearer k");
    CHECK(header(post(server, kCompletions, body, with_key), kAllow) == "https://a.example");
    CHECK(header(post(server, kCompletions, body, page), kAllow) == "https://a.example");  // a 401
    CHECK(header(server.client().Get("/nothing", page), kAllow) == "https://a.example");
    CHECK(header(post(server, kCompletions, body, other), kAllow).empty());
    CHECK(header(post(server, kCompletions, body, other), "Vary") == "Origin");
    httplib::Headers asks = page;
    asks.emplace("Access-Control-Request-Method", "POST");
    asks.emplace("Access-Control-Request-Headers", "authorization,content-type,x-stainless-os");
    const auto preflight = server.client().Options(kChat, asks);
    CHECK(preflight->status == 204);
    CHECK(header(preflight, kAllow) == "https://a.example");
    CHECK(header(preflight, "Access-Control-Allow-Methods") == "GET, POST");
    CHECK(header(preflight, "Access-Control-Allow-Headers") == "authorization,content-type,x-stainless-os");
  }
  const TestServer all({.cors_origins = {"*"}});
  CHECK(header(post(all, kCompletions, completion_body(R"("max_tokens": 1, "stream": true)"), other),
               kAllow) == "*");
  const TestServer none;
  CHECK(!post(none, kCompletions, body, page)->has_header(kAllow));
  CHECK(none.client().Options(kChat, page)->status == 404);
}

TEST_CASE("a client that goes away frees its place, whether it streams or not") {
  const TestServer server({}, /*max_queue=*/1);
  for (const char* stream : {"true", "false"}) {
    auto client = server.client();
    client.set_read_timeout(0, 300000);  // gives up while the answer is made
    const std::string slow =
        str(R"("max_tokens": 200, "n": 100, "seed": 1, "stop": "never said", "stream": )", stream);
    client.Post(kCompletions, completion_body(slow), "application/json");
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
  Policy policy = Policy::load(kTiny, {.device = "cpu", .dtype = "float32"});
  Engine engine(policy, {}, 1);
  CHECK_THROWS_WITH_AS(HttpServer(engine, {.port = server.port()}), doctest::Contains("--port"), Error);
}

TEST_CASE("hosts that only this machine reaches") {
  for (const char* host : {"localhost", "127.0.0.1", "127.1.2.3", "::1"}) CHECK(is_loopback(host));
  for (const char* host : {"0.0.0.0", "::", "192.168.0.1", "example.org"}) CHECK(!is_loopback(host));
}
