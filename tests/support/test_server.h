#pragma once
// A server of the tiny model for tests, and what they ask it.
#include <doctest/doctest.h>
#include <httplib.h>

#include <atomic>
#include <future>
#include <thread>

#include "model/policy/policy.h"
#include "serve/http_server.h"
#include "support/fixtures.h"

namespace selfreward {

/// A server of the tiny model on a free port while it lives; its engine runs in a thread of its own.
class TestServer {
 public:
  explicit TestServer(HttpSettings settings = {}, int64_t max_queue = 8) {
    settings.port = 0;
    settings.model = "tiny";
    thread_ = std::thread([this, settings, max_queue] {
      Policy policy = Policy::load(kTinyLlama, {.device = "cpu", .dtype = "float32"});
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

inline constexpr const char* kChat = "/v1/chat/completions";
inline constexpr const char* kCompletions = "/v1/completions";

inline std::string chat_body(const std::string& fields) {
  return R"({"model": "tiny", "messages": [{"role": "user", "content": "tell me of the sea"}], )" + fields +
         "}";
}

inline std::string completion_body(const std::string& fields) {
  return R"({"model": "tiny", "prompt": "the sea", )" + fields + "}";
}

inline httplib::Result post(const TestServer& server, const char* path, const std::string& body,
                            const httplib::Headers& headers = {}) {
  return server.client().Post(path, headers, body, "application/json");
}

inline Json error_of(const httplib::Result& result, int status) {
  REQUIRE(result);
  CHECK(result->status == status);
  return parse_json(result->body, "error")["error"];
}

/// The JSON events of a stream that ends as it should.
inline std::vector<Json> events_of(const std::string& body) {
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
inline bool becomes_idle(const Engine& engine) {
  for (int i = 0; i < 6000 && engine.unfinished() > 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return engine.unfinished() == 0;
}

}  // namespace selfreward
