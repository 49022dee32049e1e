// Who may ask the server, and what it refuses before it is read.
#include <arpa/inet.h>

#include "serve/http_parts.h"
#include "support/test_server.h"

using namespace selfreward;

namespace {

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

TEST_CASE("hosts that only this machine reaches") {
  for (const char* host : {"localhost", "127.0.0.1", "127.1.2.3", "::1"}) CHECK(is_loopback(host));
  for (const char* host : {"0.0.0.0", "::", "192.168.0.1", "example.org"}) CHECK(!is_loopback(host));
}
