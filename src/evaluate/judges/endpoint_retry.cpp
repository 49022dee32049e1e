#include "evaluate/judges/endpoint_retry.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/json.h"
#include "base/text_util.h"

namespace selfreward {
namespace {

constexpr double kLongestWait = 600, kLongestBackoff = 60;

/// The server's own words, on one line: {"error": {"message"}}, {"error": "..."}, {"message"}, {"detail"}, or
/// the text.
std::string words_of(const std::string& body) {
  const Json json = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  std::string text = body;
  if (json.is_object()) {
    const Json& error = json.contains("error") ? json.at("error") : json;
    if (error.is_string()) text = error.get<std::string>();
    if (error.is_object())
      for (const char* key : {"detail", "message"})
        if (error.contains(key))
          text = error.at(key).is_string() ? error.at(key).get<std::string>() : error.at(key).dump();
  }
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  text = strip(text);
  return text.size() > 300 ? text.substr(0, 300) + " ..." : text;
}

bool is_out_of_money(const std::string& body) {
  return body.find("insufficient_quota") != std::string::npos;
}

bool is_passing(long status) {
  return status == 408 || status == 425 || status == 429 || status >= 500;
}

}  // namespace

Decision decide(const HttpReply& reply) {
  if (reply.status == 0) return {Next::retry, reply.failure};
  if (reply.status == 200) return {Next::take, ""};
  const std::string words = words_of(reply.body);
  const std::string reason = str(reply.status, words.empty() ? "" : ": ", words);
  if (!is_passing(reply.status) || is_out_of_money(reply.body)) return {Next::give_up, reason};
  if (reply.retry_after.value_or(0) > kLongestWait)
    return {Next::give_up, str(reason, " (asks to wait for ", *reply.retry_after, " s)")};
  return {Next::retry, reason};
}

double seconds_before_retry(int64_t attempt, const std::optional<double>& retry_after, double first_wait,
                            const Seed& seed) {
  const double backoff = std::min(
      kLongestBackoff, first_wait * std::pow(2.0, static_cast<double>(std::min<int64_t>(attempt, 30))));
  const double jitter = seed.uniform(static_cast<uint64_t>(attempt)) / 2;
  return retry_after ? *retry_after + jitter * std::min(backoff, *retry_after) : backoff * (1 + jitter);
}

double RequestPace::reserve(double now) {
  const double slot = std::max(now, next_);
  next_ = slot + gap_;
  return slot - now;
}

void RequestPace::hold_until(double time) {
  next_ = std::max(next_, time);
}

}  // namespace selfreward
