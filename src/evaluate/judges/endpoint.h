#pragma once
// A chat model behind an OpenAI-compatible endpoint (POST {url}/chat/completions).
//   Endpoint endpoint({.url = "http://localhost:8000/v1", .model = "judge", .cache = "out/endpoint.jsonl"});
//   const auto replies = endpoint.ask(questions, params);
#include "evaluate/judges/chat_reply.h"
#include "evaluate/judges/endpoint_cache.h"
#include "evaluate/judges/endpoint_retry.h"

namespace selfreward {

struct EndpointSettings {
  std::string url;                      // "https://host/v1"
  std::string model = {};               // as the endpoint calls it
  std::string api_key_env = {};         // the environment variable with the key; empty: no key is sent
  Json request_patch = Json::object();  // merged into every request; null takes a key out (RFC 7396)
  fs::path cache = {};
  int64_t concurrency = 4;
  double requests_per_minute = 0;  // 0: no limit
  HttpLimits limits = {};
  int64_t max_attempts = 6;
  double first_wait = 1;  // seconds before the second attempt
};

/// What is still to be asked and about what it takes. Tokens in are counted as bytes / 4; tokens out are at
/// most max_new_tokens each.
struct EndpointCost {
  int64_t requests = 0, cached = 0, prompt_tokens = 0, max_completion_tokens = 0;
};

class Endpoint {
 public:
  /// Reads the key and opens the cache. Errors: an address that is not http(s), a variable that is not set.
  explicit Endpoint(EndpointSettings settings);

  /// The body of the request.
  Json request(const ChatQuestion& question, const ChatParams& params) const;
  EndpointCost cost(const std::vector<ChatQuestion>& questions, const ChatParams& params) const;
  /// Replies out of the cache or from the endpoint, several at a time. Each is kept as soon as it is there.
  /// What passes (no connection, 429, 5xx, an answer that is no JSON) is tried max_attempts times; then, and
  /// at once for 400, 401, 404, an Error. The key is in no message and in no file.
  std::vector<ChatReply> ask(const std::vector<ChatQuestion>& questions, const ChatParams& params);

  const EndpointSettings& settings() const { return settings_; }

 private:
  struct Round;
  void work(Round& round);
  static void watch(Round& round);
  Json fetch(HttpClient& client, const ChatQuestion& question, const Json& request, Round& round);
  void wait_for_turn(Round& round);
  void pause(Round& round, double seconds, const HttpReply& reply);
  [[noreturn]] void give_up(const ChatQuestion& question, const HttpReply& reply,
                            const std::string& reason) const;
  std::string without_key(std::string text) const;

  EndpointSettings settings_;
  std::string address_, api_key_;
  EndpointCache cache_;
  RequestPace pace_;
};

/// Reads {"choices": [{"message": {"content"}, "finish_reason", "logprobs"}]}. An Error says what is missing.
/// Content null (a refusal) is an empty text.
ChatReply parse_chat_reply(const Json& body);

}  // namespace selfreward
