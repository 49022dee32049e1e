#pragma once
// What to do about an answer of an endpoint: take it, ask again after a while, or give up. Pure functions.
#include "base/seed.h"
#include "evaluate/judges/endpoint_http.h"

namespace selfreward {

enum class Next { take, retry, give_up };

struct Decision {
  Next next;
  std::string reason;  // "429: Rate limit reached"; empty where the answer is taken
};

/// Taken: status 200. Asked again: no answer, 408, 425, 429 and every 5xx, but not where the account has no
/// money left (429 with the code insufficient_quota), nor where the server wants a wait of more than 10
/// minutes.
Decision decide(const HttpReply& reply);

/// Seconds to wait after failed attempt 0, 1, ...: what the server asked for, else first_wait doubled with
/// every attempt up to a minute; and up to half as much again by chance, so that clients do not come back
/// together.
double seconds_before_retry(int64_t attempt, const std::optional<double>& retry_after, double first_wait,
                            const Seed& seed);

/// Times of requests: evenly spaced, and none while the server has asked for a pause. Times are in seconds.
class RequestPace {
 public:
  /// 0: no limit.
  explicit RequestPace(double requests_per_minute)
      : gap_(requests_per_minute > 0 ? 60 / requests_per_minute : 0) {}
  /// Books the next request; returns the seconds until its time.
  double reserve(double now);
  void hold_until(double time);

 private:
  double gap_, next_ = 0;
};

}  // namespace selfreward
