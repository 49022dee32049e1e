#include "serve/engine.h"

#include <utility>

#include "model/policy/policy.h"

namespace selfreward {
namespace {

using Lock = std::unique_lock<std::mutex>;
using Clock = std::chrono::steady_clock;

constexpr auto kIdleWait = std::chrono::milliseconds(100);  // between two looks whether to stop

const ApiError kStopping(503, "the server stops; ask again later", "", "server_stopping");

}  // namespace

Engine::Engine(Policy& policy, const GenerationSettings& settings, int64_t max_queue)
    : generator_(policy, settings),
      room_{policy.config().max_position_embeddings, settings.max_cache_tokens, policy.config().vocab_size},
      max_queue_(max_queue),
      batch_(generator_.new_batch()) {}

std::shared_ptr<Reply> Engine::submit(AnswerPlan plan) {
  auto job = std::make_unique<AnswerJob>(std::move(plan), format());
  const std::shared_ptr<Reply> reply = job->reply;
  const Lock lock(mutex_);
  if (closed_) throw kStopping;
  if (unfinished_ >= max_queue_)
    throw ApiError(429,
                   str("the server has ", unfinished_, " requests already (--max-queue); ask again later"),
                   "", "queue_full");
  ++unfinished_;
  inbox_.push_back(std::move(job));
  submitted_.notify_one();
  return reply;
}

int64_t Engine::unfinished() const {
  const Lock lock(mutex_);
  return unfinished_;
}

void Engine::run(const std::function<bool()>& stop_requested, std::chrono::milliseconds grace) {
  std::optional<Clock::time_point> end;
  try {
    while (!end || (unfinished() > 0 && Clock::now() < *end)) {
      join_new_jobs();
      batch_->idle() ? wait_for_work() : step();
      drop_finished_jobs();
      if (end || !stop_requested()) continue;
      end = Clock::now() + grace;
      const Lock lock(mutex_);
      closed_ = true;
    }
  } catch (const std::exception& error) {
    close(ApiError(500, error.what()));
    throw;
  }
  close(kStopping);
}

/// New jobs of one moment share a tree of prompts.
void Engine::join_new_jobs() {
  std::vector<std::unique_ptr<AnswerJob>> arrived;
  {
    const Lock lock(mutex_);
    arrived = std::exchange(inbox_, {});
  }
  std::vector<RunningRequest> requests;
  for (const auto& job : arrived) {
    job->first_request = std::ssize(requests);
    auto more = job->requests();
    std::move(more.begin(), more.end(), std::back_inserter(requests));
  }
  const int64_t first = batch_->add(std::move(requests));
  for (auto& job : arrived) {
    job->first_request += first;
    jobs_.push_back(std::move(job));
  }
}

/// A client that has its whole answer may ask again at once: its place is free before it is told the end.
void Engine::drop_finished_jobs() {
  std::list<std::unique_ptr<AnswerJob>> dropped;
  for (auto next = jobs_.begin(); next != jobs_.end();) {
    const auto job = next++;
    if ((*job)->over()) dropped.splice(dropped.end(), jobs_, job);
  }
  for (const auto& job : dropped)
    for (int64_t p = 0; p < std::ssize(job->plan.prompts); ++p) batch_->cancel(job->first_request + p);
  give_back_places(std::ssize(dropped));
  for (const auto& job : dropped) job->tell_end();
}

void Engine::give_back_places(int64_t count) {
  const Lock lock(mutex_);
  unfinished_ -= count;
}

/// What fails here (no memory, a model that has diverged) ends the requests that are in the batch, not the
/// server.
void Engine::step() {
  try {
    batch_->step();
  } catch (const std::exception& error) {
    const std::string text = error.what();
    fail_jobs(ApiError(500, text.substr(0, text.find('\n'))));
    batch_.emplace(generator_.new_batch());
  }
}

void Engine::wait_for_work() {
  Lock lock(mutex_);
  submitted_.wait_for(lock, kIdleWait, [&] { return !inbox_.empty(); });
}

void Engine::fail_jobs(const ApiError& error) {
  const auto failed = std::exchange(jobs_, {});
  give_back_places(std::ssize(failed));
  for (const auto& job : failed) job->reply->fail(error);
}

void Engine::close(const ApiError& error) {
  fail_jobs(error);
  const Lock lock(mutex_);
  closed_ = true;
  for (const auto& job : inbox_) job->reply->fail(error);
  unfinished_ -= std::ssize(inbox_);
  inbox_.clear();
}

}  // namespace selfreward
