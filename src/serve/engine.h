#pragma once
// The one thread that runs the model: requests of all connections join one running batch, a connection that
// is gone leaves it.
//   Engine engine(policy, generation, {});          // in the thread that runs it
//   auto reply = engine.submit(plan);               // in any thread
//   engine.run(stop_requested, grace);
#include <list>
#include <memory>

#include "infer/generator.h"
#include "infer/running_batch.h"
#include "serve/answer_job.h"

namespace selfreward {

class Engine {
 public:
  /// At most `max_queue` requests are running or waiting. The policy must outlive it.
  Engine(Policy& policy, const GenerationSettings& settings, int64_t max_queue);

  /// Takes a request over. 429 where the queue is full, 503 where the server stops.
  std::shared_ptr<Reply> submit(AnswerPlan plan);
  /// Answers requests until `stop_requested`; then no new ones are taken, and those that are not complete
  /// after `grace` end with a 503.
  void run(const std::function<bool()>& stop_requested, std::chrono::milliseconds grace);

  const ChatFormat& format() const { return generator_.chat(); }
  const ModelRoom& room() const { return room_; }
  /// Requests that are running or waiting.
  int64_t unfinished() const;

 private:
  void join_new_jobs();
  void drop_finished_jobs();
  void give_back_places(int64_t count);
  void step();
  void wait_for_work();
  void close(const ApiError& error);
  void fail_jobs(const ApiError& error);

  Generator generator_;
  ModelRoom room_;
  int64_t max_queue_;
  std::optional<RunningBatch> batch_;
  std::list<std::unique_ptr<AnswerJob>> jobs_;  // in the batch

  mutable std::mutex mutex_;  // of what is below
  std::condition_variable submitted_;
  std::vector<std::unique_ptr<AnswerJob>> inbox_;
  int64_t unfinished_ = 0;
  bool closed_ = false;
};

}  // namespace selfreward
