#include "serve/http_parts.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "base/text_util.h"
#include "serve/connection.h"

namespace selfreward {
namespace {

using httplib::Request;
using httplib::Response;

constexpr const char* kJson = "application/json";
constexpr auto kLinger = std::chrono::seconds(2);  // for a client that sends on after its answer

char lower(char letter) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
}

}  // namespace

std::optional<std::string> bearer_key(const std::string& authorization) {
  constexpr std::string_view kScheme = "bearer ";
  const std::string scheme = authorization.substr(0, kScheme.size());
  const bool is_bearer = std::equal(scheme.begin(), scheme.end(), kScheme.begin(), kScheme.end(),
                                    [](char a, char b) { return lower(a) == b; });
  return is_bearer ? std::optional(strip(authorization.substr(kScheme.size()))) : std::nullopt;
}

bool same_key(const std::string& given, const std::string& key) {
  unsigned char difference = given.size() == key.size() ? 0 : 1;
  for (size_t i = 0; i < given.size(); ++i)
    difference |= static_cast<unsigned char>(given[i] ^ key[i % key.size()]);
  return difference == 0;
}

void set_json(Response& response, const Json& json) {
  response.set_content(to_line(json), kJson);
}

void set_error(Response& response, const ApiError& error) {
  response.status = error.status;
  if (error.status == 429 || error.status == 503) response.set_header("Retry-After", "1");
  if (error.status == 401) response.set_header("WWW-Authenticate", "Bearer");
  set_json(response, error_json(error));
}

bool may_have_body(const Request& request) {
  return request.method != "GET" && request.method != "HEAD" && request.method != "OPTIONS";
}

uint64_t declared_bytes(const Request& request) {
  const std::string text = request.get_header_value("Content-Length");
  uint64_t bytes = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bytes);
  return error == std::errc::result_out_of_range ? UINT64_MAX : bytes;
}

void close_behind(const Request& request, Response& response) {
  const std::string body = std::move(response.body);
  response.body.clear();
  response.set_header("Connection", "close");
  const auto send = [body, address = request.remote_addr, remote_port = request.remote_port,
                     local_port = request.local_port](size_t, size_t, httplib::DataSink& sink) {
    sink.write(body.data(), body.size());
    Connection(address, remote_port, local_port).linger(kLinger);
    return false;  // the library closes after a failure
  };
  response.set_content_provider(body.size(), kJson, send);
}

void allow_origin(const std::vector<std::string>& origins, const Request& request, Response& response) {
  if (origins.empty()) return;
  const auto has = [&](const std::string& origin) {
    return std::find(origins.begin(), origins.end(), origin) != origins.end();
  };
  const std::string origin = request.get_header_value("Origin");
  if (has("*")) return response.set_header("Access-Control-Allow-Origin", "*");
  response.set_header("Vary", "Origin");
  if (has(origin)) response.set_header("Access-Control-Allow-Origin", origin);
}

void answer_preflight(const Request& request, Response& response) {
  response.status = 204;
  response.set_header("Access-Control-Allow-Methods", "GET, POST");
  response.set_header("Access-Control-Max-Age", "600");
  const std::string headers = request.get_header_value("Access-Control-Request-Headers");
  if (!headers.empty()) response.set_header("Access-Control-Allow-Headers", headers);
}

}  // namespace selfreward
