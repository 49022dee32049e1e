#include "evaluate/judges/endpoint_http.h"

#include <curl/curl.h>

#include "base/error.h"

namespace selfreward {
namespace {

constexpr size_t kMaxBody = size_t{64} << 20;  // no reply of a chat model is longer

size_t receive(char* data, size_t, size_t count, void* into) {
  auto& body = *static_cast<std::string*>(into);
  if (body.size() + count > kMaxBody) return 0;
  body.append(data, count);
  return count;
}

int is_stopped(void* stop, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return *static_cast<const std::atomic<bool>*>(stop) ? 1 : 0;
}

void start_curl() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  check(started == CURLE_OK, "[endpoint] libcurl does not start: ", curl_easy_strerror(started));
}

long milliseconds(double seconds) {
  return static_cast<long>(seconds * 1000);
}

}  // namespace

struct HttpClient::Handle {
  CURL* curl = nullptr;
  curl_slist* headers = nullptr;
  char reason[CURL_ERROR_SIZE] = "";

  Handle() = default;
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() {
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
  }
  void add_header(const std::string& line) { headers = curl_slist_append(headers, line.c_str()); }
  template <typename Value>
  void set(CURLoption option, Value value) {
    const CURLcode code = curl_easy_setopt(curl, option, value);
    check(code == CURLE_OK, "[endpoint] libcurl: ", curl_easy_strerror(code));
  }
};

HttpClient::HttpClient(const std::string& url, const std::string& api_key, HttpLimits limits)
    : handle_((start_curl(), std::make_shared<Handle>())) {
  handle_->curl = curl_easy_init();
  check(handle_->curl != nullptr, "[endpoint] libcurl has no memory for a connection");
  handle_->add_header("Content-Type: application/json");
  handle_->add_header("Expect:");
  if (!api_key.empty()) handle_->add_header("Authorization: Bearer " + api_key);
  handle_->set(CURLOPT_URL, url.c_str());
  handle_->set(CURLOPT_PROTOCOLS_STR, "http,https");
  handle_->set(CURLOPT_HTTPHEADER, handle_->headers);
  handle_->set(CURLOPT_USERAGENT, "selfreward");
  handle_->set(CURLOPT_NOSIGNAL, 1L);
  handle_->set(CURLOPT_ACCEPT_ENCODING, "");
  handle_->set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(limits.connect_timeout));
  handle_->set(CURLOPT_TIMEOUT_MS, milliseconds(limits.timeout));
  handle_->set(CURLOPT_ERRORBUFFER, handle_->reason);
  handle_->set(CURLOPT_WRITEFUNCTION, receive);
  handle_->set(CURLOPT_XFERINFOFUNCTION, is_stopped);
  handle_->set(CURLOPT_NOPROGRESS, 0L);
}

HttpReply HttpClient::post(const std::string& body, const std::atomic<bool>& stop) {
  HttpReply reply;
  handle_->set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  handle_->set(CURLOPT_POSTFIELDS, body.c_str());
  handle_->set(CURLOPT_WRITEDATA, &reply.body);
  handle_->set(CURLOPT_XFERINFODATA, &stop);
  handle_->reason[0] = '\0';
  const CURLcode code = curl_easy_perform(handle_->curl);
  if (code != CURLE_OK) {
    reply.failure = handle_->reason[0] ? handle_->reason : curl_easy_strerror(code);
    return reply;
  }
  curl_easy_getinfo(handle_->curl, CURLINFO_RESPONSE_CODE, &reply.status);
  curl_off_t wait = 0;
  curl_easy_getinfo(handle_->curl, CURLINFO_RETRY_AFTER, &wait);
  if (wait > 0) reply.retry_after = static_cast<double>(wait);
  return reply;
}

}  // namespace selfreward
