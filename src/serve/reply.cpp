#include "serve/reply.h"

#include <utility>

namespace selfreward {

using Lock = std::unique_lock<std::mutex>;

void Reply::post(Piece piece) {
  const Lock lock(mutex_);
  if (piece.finish) --open_;
  pieces_.push_back(std::move(piece));
  if (stream_ || open_ == 0) changed_.notify_one();
}

void Reply::fail(const ApiError& error) {
  const Lock lock(mutex_);
  error_ = error;
  changed_.notify_one();
}

bool Reply::abandoned() const {
  const Lock lock(mutex_);
  return abandoned_;
}

std::vector<Piece> Reply::take(std::chrono::milliseconds limit) {
  Lock lock(mutex_);
  changed_.wait_for(lock, limit, [&] { return error_ || open_ == 0 || (stream_ && !pieces_.empty()); });
  if (error_) throw *error_;
  return std::exchange(pieces_, {});
}

bool Reply::complete() const {
  const Lock lock(mutex_);
  return open_ == 0 && pieces_.empty();
}

void Reply::abandon() {
  const Lock lock(mutex_);
  abandoned_ = true;
}

}  // namespace selfreward
