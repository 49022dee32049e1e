#pragma once
// What the engine tells the connection that waits for an answer: pieces of text in the order in which they
// were made. The engine's thread writes, the connection's thread reads.
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "data/records.h"
#include "infer/sampler.h"
#include "serve/api_error.h"

namespace selfreward {

/// A token of an answer or of an echoed prompt.
struct PlacedToken {
  int64_t id = 0;
  int64_t offset = 0;               // characters of the text before it
  std::optional<TokenScore> score;  // absent for the first token of a prompt
};

struct Piece {
  int64_t choice = 0;
  std::string text = {};
  std::vector<PlacedToken> tokens = {};  // only where log-probabilities were asked for
  int64_t new_tokens = 0;
  std::optional<FinishReason> finish = {};
};

class Reply {
 public:
  /// A reader that does not stream is woken only at the end.
  Reply(int64_t choices, bool stream) : open_(choices), stream_(stream) {}

  void post(Piece piece);
  void fail(const ApiError& error);
  bool abandoned() const;

  /// The pieces since the last call; waits for one as long as `limit`. Throws the error that the answer ended
  /// with.
  std::vector<Piece> take(std::chrono::milliseconds limit);
  /// Whether all choices are complete and were taken.
  bool complete() const;
  /// Nobody waits any more; the engine drops the work.
  void abandon();

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Piece> pieces_;
  std::optional<ApiError> error_;
  int64_t open_;  // choices that are not finished
  bool stream_, abandoned_ = false;
};

}  // namespace selfreward
