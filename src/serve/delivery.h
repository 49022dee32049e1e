#pragma once
// An answer on its way to one client, and its line in the log; without a word of HTTP.
#include <atomic>
#include <chrono>
#include <utility>

#include "serve/api_response.h"
#include "serve/connection.h"
#include "serve/engine.h"

namespace selfreward {

/// One request that is being answered: what its line in the log says.
struct Exchange {
  std::string what, note = {};
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  int64_t prompt_tokens = 0, new_tokens = 0;

  void log(int status) const;
};

class Delivery {
 public:
  /// Gives the plan to the engine. All must outlive it; `under_way` counts the deliveries that live. A client
  /// that gets no complete answer before `deadline` gets an error.
  Delivery(AnswerPlan plan, Engine& engine, const std::string& model, const Connection& connection,
           std::chrono::steady_clock::time_point deadline, std::atomic<int64_t>& under_way);
  /// The engine drops what is not complete.
  ~Delivery();
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;

  const AnswerPlan& plan() const { return plan_; }
  int64_t new_tokens() const { return writer_.new_tokens(); }

  /// Waits for the whole answer. An ApiError where it fails, the client is gone or the time is up.
  Json whole();
  /// The next server-sent events, which may be none; the last ones where `complete` afterwards.
  std::string next_events();
  bool complete() const { return reply_->complete(); }

 private:
  std::vector<Piece> next_pieces();

  AnswerPlan plan_;
  ResponseWriter writer_;
  Connection connection_;
  std::chrono::steady_clock::time_point deadline_;
  std::shared_ptr<Reply> reply_;
  std::atomic<int64_t>& under_way_;
  bool begun_ = false;
};

/// One server-sent event.
std::string event(const Json& json);

}  // namespace selfreward
