#pragma once
// The sockets of `serve`: OpenAI's endpoints over one engine. All that is not HTTP is elsewhere: requests in
// api_request.h, answers in api_response.h, the model in engine.h.
#include <memory>
#include <string>
#include <vector>

#include "serve/engine.h"

namespace selfreward {

struct HttpSettings {
  std::string host = "127.0.0.1";
  int port = 8000;                             // 0: any that is free
  std::string model = {};                      // the name that clients say
  std::string api_key = {};                    // empty: none is asked for
  std::vector<std::string> cors_origins = {};  // of pages that may ask; "*": all; empty: none, no headers
  int64_t max_n = 128;
  int64_t max_body_bytes = 16 << 20;
  int64_t max_connections = 288;
  std::chrono::seconds request_timeout{600};
};

/// Whether only this machine reaches a host name.
bool is_loopback(const std::string& host);

class HttpServer {
 public:
  /// Binds the port, which is an error where it is taken, and answers until it is destroyed. The engine must
  /// outlive it.
  HttpServer(Engine& engine, HttpSettings settings);
  /// Waits for answers that are being written; the engine must have ended them.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  int port() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace selfreward
