#pragma once
// One POST of JSON by libcurl. What the network does wrong is a value here; endpoint_retry.h decides on it.
#include <atomic>
#include <memory>
#include <optional>
#include <string>

namespace selfreward {

struct HttpReply {
  long status = 0;                         // 0: there was no answer
  std::string body;                        // of the answer
  std::optional<double> retry_after = {};  // seconds, from the header Retry-After (a number or a date)
  std::string failure = {};                // why there was no answer
};

struct HttpLimits {
  double connect_timeout = 10, timeout = 300;  // seconds
};

/// A connection that is kept between requests; one thread at a time.
class HttpClient {
 public:
  HttpClient(const std::string& url, const std::string& api_key, HttpLimits limits);
  /// `stop` breaks off a request in progress. Redirects are not followed: they would carry the key away.
  HttpReply post(const std::string& body, const std::atomic<bool>& stop);

 private:
  struct Handle;
  std::shared_ptr<Handle> handle_;
};

}  // namespace selfreward
