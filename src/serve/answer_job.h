#pragma once
// A request on its way through the running batch: tokens come in, pieces of text go to the connection.
#include <memory>

#include "infer/scheduler.h"
#include "serve/answer_plan.h"
#include "serve/reply.h"
#include "serve/text_stream.h"

namespace selfreward {

struct AnswerJob {
  /// `format` must outlive it.
  AnswerJob(AnswerPlan plan, const ChatFormat& format);

  /// What the batch is to run; the job must outlive it there.
  std::vector<RunningRequest> requests();
  /// Whether nothing is left to do: all is answered, or has failed, or nobody waits.
  bool over() const { return open == 0 || error || reply->abandoned(); }
  /// Tells the connection the last piece or the error, which waited until the job's place was free.
  void tell_end();

  AnswerPlan plan;
  const ChatFormat& format;
  std::shared_ptr<Reply> reply;
  std::vector<TextStream> streams;  // [choice]
  int64_t open;                     // choices that are not finished
  std::optional<Piece> last_piece;
  std::optional<ApiError> error;
  int64_t first_request = 0;  // of the batch

 private:
  TextStream text_behind(const PlannedPrompt& prompt) const;
  void echo(size_t prompt, std::vector<TokenScore> scores);
  void take(size_t prompt, Sequence& sequence);
  void take_token(size_t prompt, Sequence& sequence);
  void finish(Piece piece, TextStream& stream, FinishReason reason);
};

}  // namespace selfreward
