#include "evaluate/judges/endpoint.h"

#include <doctest/doctest.h>
#include <httplib.h>

#include <cstdlib>
#include <thread>

#include "support/scratch.h"

using namespace selfreward;

namespace {

/// A real server on a free port; `answer` is told the number of the request, from 0.
class Server {
 public:
  using Answer = std::function<void(int number, const httplib::Request&, httplib::Response&)>;
  explicit Server(Answer answer) {
    server_.Post("/v1/chat/completions",
                 [this, answer](const httplib::Request& request, httplib::Response& response) {
                   answer(requests++, request, response);
                 });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~Server() {
    server_.stop();
    thread_.join();
  }
  std::string url() const { return str("http://127.0.0.1:", port_, "/v1"); }

  std::atomic<int> requests = 0;

 private:
  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
};

void say(httplib::Response& response, const std::string& text) {
  const Json body{
      {"choices", {{{"message", {{"role", "assistant"}, {"content", text}}}, {"finish_reason", "stop"}}}},
      {"usage", {{"prompt_tokens", 3}, {"completion_tokens", 1}}}};
  response.set_content(body.dump(), "application/json");
}

void refuse(httplib::Response& response, int status, const std::string& message, const char* code = "x") {
  response.status = status;
  response.set_content(Json{{"error", {{"message", message}, {"code", code}}}}.dump(), "application/json");
}

fs::path fresh_cache(const std::string& name) {
  return scratch_dir(name) / "endpoint.jsonl";
}

EndpointSettings settings(const Server& server, const std::string& name) {
  EndpointSettings made{.url = server.url(), .model = "judge"};
  made.cache = fresh_cache(name);
  made.first_wait = 0.001;
  return made;
}

std::vector<ChatQuestion> questions(int count) {
  std::vector<ChatQuestion> made;
  for (int i = 0; i < count; ++i) made.push_back({str("q", i), {{"user", str("question ", i)}}});
  return made;
}

/// The message of the Error that asking one question ends with.
std::string error_of(Endpoint& endpoint) {
  try {
    endpoint.ask(questions(1), {});
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("replies come in the order of the questions, whatever is asked at once") {
  Server server([](int, const httplib::Request& request, httplib::Response& response) {
    const Json body = Json::parse(request.body);
    CHECK(body.at("model") == "judge");
    CHECK(body.at("max_tokens") == 512);
    say(response, "re: " + body.at("messages").at(0).at("content").get<std::string>());
  });
  Endpoint endpoint(settings(server, "order"));
  const auto replies = endpoint.ask(questions(20), {});
  REQUIRE(replies.size() == 20);
  for (int i = 0; i < 20; ++i) CHECK(replies[static_cast<size_t>(i)].text == str("re: question ", i));
}

TEST_CASE("the key of the environment goes into the header, and into no file and no message") {
  ::setenv("SELFREWARD_TEST_KEY", "secret-123", 1);
  Server server([](int number, const httplib::Request& request, httplib::Response& response) {
    CHECK(request.get_header_value("Authorization") == "Bearer secret-123");
    if (number == 0) return say(response, "yes");
    refuse(response, 401, "Incorrect API key provided: secret-123");
  });
  EndpointSettings with_key = settings(server, "key");
  with_key.api_key_env = "SELFREWARD_TEST_KEY";
  Endpoint endpoint(with_key);
  CHECK(endpoint.ask(questions(1), {})[0].text == "yes");
  CHECK(!contains(read_file(with_key.cache), "secret"));
  ChatParams other;
  other.sampling.temperature = 0;
  try {
    endpoint.ask(questions(1), other);
    FAIL("401 is no answer");
  } catch (const Error& error) {
    CHECK(contains(error.what(),
                   "refuses the key in SELFREWARD_TEST_KEY (401: Incorrect API key provided: [key])"));
  }
  with_key.api_key_env = "SELFREWARD_TEST_NO_KEY";
  CHECK_THROWS_WITH(Endpoint{with_key}, doctest::Contains("SELFREWARD_TEST_NO_KEY is not set"));
}

TEST_CASE("429 with Retry-After, 500 twice, an answer that is no JSON: asked again") {
  Server server([](int number, const httplib::Request&, httplib::Response& response) {
    if (number == 0) {
      response.set_header("Retry-After", "1");
      return refuse(response, 429, "slow down");
    }
    if (number == 1 || number == 2) return refuse(response, 500, "oops");
    if (number == 3) return response.set_content("<html>a proxy speaks", "text/html");
    if (number == 4) return response.set_content("{\"choices\": []}", "application/json");
    say(response, "fine");
  });
  Endpoint endpoint(settings(server, "retry"));
  CHECK(endpoint.ask(questions(1), {})[0].text == "fine");
  CHECK(server.requests == 6);
}

TEST_CASE("what does not pass ends at once with one line") {
  struct Case {
    int status;
    std::string message, code, wanted;
  };
  const std::vector<Case> table = {
      {400, "max_tokens is too large", "x", "refuses the request 'q0' (400: max_tokens is too large)"},
      {401, "no key", "x", "wants a key (401: no key)"},
      {404, "no such model", "x",
       "has no model 'judge' (404: no such model); check --endpoint and --judge-model"},
      {429, "You exceeded your current quota", "insufficient_quota",
       "(429: You exceeded your current quota)"},
      {422, "two\nlines", "x", "(422: two lines)"}};
  for (const Case& row : table) {
    Server server([&](int, const httplib::Request&, httplib::Response& response) {
      refuse(response, row.status, row.message, row.code.c_str());
    });
    Endpoint endpoint(settings(server, "refused"));
    const std::string error = error_of(endpoint);
    CHECK_MESSAGE(contains(error, row.wanted), error);
    CHECK(server.requests == 1);
  }
}

TEST_CASE("after the last attempt the error says how many there were and why") {
  Server server(
      [](int, const httplib::Request&, httplib::Response& response) { refuse(response, 503, "busy"); });
  EndpointSettings three = settings(server, "busy");
  three.max_attempts = 3;
  Endpoint endpoint(three);
  CHECK(contains(error_of(endpoint), "gave no answer to 'q0' in 3 attempts (503: busy)"));
  CHECK(server.requests == 3);
}

TEST_CASE("a refused connection and a slow answer are tried again, then an error") {
  EndpointSettings nobody{.url = "http://127.0.0.1:1/v1", .model = "judge"};
  nobody.cache = fresh_cache("nobody");
  nobody.first_wait = 0.001;
  nobody.max_attempts = 2;
  {
    Endpoint endpoint(nobody);
    CHECK(contains(error_of(endpoint), "in 2 attempts"));
  }
  std::atomic<bool> closing = false;
  Server server([&](int number, const httplib::Request&, httplib::Response& response) {
    while (number == 0 && !closing) std::this_thread::yield();  // never answers the first request
    say(response, "at last");
  });
  EndpointSettings impatient = settings(server, "slow");
  impatient.limits.timeout = 0.2;
  Endpoint endpoint(impatient);
  CHECK(endpoint.ask(questions(1), {})[0].text == "at last");
  closing = true;
}

TEST_CASE("what is in the cache is not asked again, also by another process, but for other settings it is") {
  Server server([](int, const httplib::Request&, httplib::Response& response) { say(response, "yes"); });
  const EndpointSettings same = settings(server, "cache");
  {
    Endpoint first(same);
    first.ask(questions(5), {});
    CHECK(server.requests == 5);
    CHECK(first.ask(questions(5), {})[4].text == "yes");
    CHECK(server.requests == 5);
    CHECK_THROWS_WITH(Endpoint{same}, doctest::Contains("another process uses the cache"));
  }
  Endpoint second(same);
  const EndpointCost cost = second.cost(questions(6), {});
  CHECK(cost.requests == 6);
  CHECK(cost.cached == 5);
  CHECK(cost.prompt_tokens == 3);  // "question 5" is 10 bytes
  CHECK(cost.max_completion_tokens == 512);
  second.ask(questions(6), {});
  CHECK(server.requests == 6);
  ChatParams warm;
  warm.sampling.temperature = 1;
  second.ask(questions(1), warm);
  CHECK(server.requests == 7);
}

TEST_CASE("an evaluation that was killed at any byte of the cache goes on, and asks only for what is lost") {
  Server server([](int, const httplib::Request&, httplib::Response& response) { say(response, "yes"); });
  EndpointSettings same = settings(server, "killed");
  same.concurrency = 1;
  { Endpoint(same).ask(questions(2), {}); }
  const std::string whole = read_file(same.cache);
  const size_t first_line = whole.find('\n') + 1;
  std::vector<size_t> sizes = {0,           1, first_line - 1, first_line, first_line + 1, whole.size() - 1,
                               whole.size()};
  for (size_t size = 7; size < whole.size(); size += 11) sizes.push_back(size);
  for (const size_t size : sizes) {
    INFO("killed after ", size, " of ", whole.size(), " bytes");
    write_file_atomically(same.cache, whole.substr(0, size));
    const int before = server.requests;
    { CHECK(Endpoint(same).ask(questions(2), {}).size() == 2); }
    CHECK(server.requests - before == (size < first_line ? 2 : size < whole.size() ? 1 : 0));
    CHECK(read_lines(same.cache).size() == 2);
  }
}

TEST_CASE("a broken line in the middle of the cache is an error that names it") {
  Server server([](int, const httplib::Request&, httplib::Response& response) { say(response, "yes"); });
  EndpointSettings same = settings(server, "broken");
  { Endpoint(same).ask(questions(2), {}); }
  write_file_atomically(same.cache, "rubbish\n" + read_file(same.cache));
  CHECK_THROWS_WITH(Endpoint{same}, doctest::Contains("line 1 is no reply of an endpoint"));
}

TEST_CASE("log-probabilities are asked for and read; a patch changes the request") {
  Server server([](int, const httplib::Request& request, httplib::Response& response) {
    const Json body = Json::parse(request.body);
    CHECK(body.at("logprobs") == true);
    CHECK(body.at("top_logprobs") == 5);
    CHECK(!body.contains("max_tokens"));
    CHECK(body.at("max_completion_tokens") == 7);
    response.set_content(
        R"({"choices":[{"message":{"content":"B"},"finish_reason":"length","logprobs":{"content":[{"token":"B",)"
        R"("logprob":-0.1,"top_logprobs":[{"token":"B","logprob":-0.1},{"token":"A","logprob":-2.5}]}]}}]})",
        "application/json");
  });
  EndpointSettings patched = settings(server, "logprobs");
  patched.request_patch = Json{{"max_tokens", nullptr}, {"max_completion_tokens", 7}};
  Endpoint endpoint(patched);
  ChatParams params;
  params.top_logprobs = 5;
  const ChatReply reply = endpoint.ask(questions(1), params)[0];
  CHECK(reply.finish_reason == FinishReason::length);
  REQUIRE(reply.tokens.size() == 1);
  CHECK(reply.tokens[0].top[1].text == "A");
  CHECK(reply.tokens[0].top[1].logprob == -2.5);
}

TEST_CASE("an address that is none") {
  CHECK_THROWS_WITH(Endpoint({.url = "localhost:8000", .model = "m"}),
                    doctest::Contains("'localhost:8000' is no address"));
}
