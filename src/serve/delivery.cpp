#include "serve/delivery.h"

#include "base/progress.h"

namespace selfreward {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kLookAtClient = std::chrono::milliseconds(200);  // while an answer is made
constexpr int kClientGone = 499;                                // as nginx writes it into its log

}  // namespace

void Exchange::log(int status) const {
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  log_line(str(what, " ", status, ", ", prompt_tokens, " + ", new_tokens, " tokens, ",
               format_duration(seconds), note.empty() ? "" : ", ", note));
}

Delivery::Delivery(AnswerPlan plan, Engine& engine, const std::string& model, const Connection& connection,
                   Clock::time_point deadline, std::atomic<int64_t>& under_way)
    : plan_(std::move(plan)),
      writer_(plan_, engine.format().tokenizer(), model),
      connection_(connection),
      deadline_(deadline),
      reply_(engine.submit(plan_)),
      under_way_(under_way) {
  ++under_way_;
}

Delivery::~Delivery() {
  reply_->abandon();  // of no effect on a complete one
  --under_way_;
}

std::vector<Piece> Delivery::next_pieces() {
  std::vector<Piece> pieces = reply_->take(kLookAtClient);
  if (connection_.closed()) throw ApiError(kClientGone, "the client closed the connection");
  if (Clock::now() > deadline_ && !complete())
    throw ApiError(504, "the answer was not complete in time (--request-timeout)", "", "timeout");
  return pieces;
}

Json Delivery::whole() {
  std::vector<Piece> pieces;
  while (!complete()) {
    auto more = next_pieces();
    std::move(more.begin(), more.end(), std::back_inserter(pieces));
  }
  return writer_.response(pieces);
}

std::string event(const Json& json) {
  return "data: " + to_line(json) + "\n";
}

std::string Delivery::next_events() {
  std::string events;
  if (!std::exchange(begun_, true))
    for (const Json& chunk : writer_.first_chunks()) events += event(chunk);
  for (const Piece& piece : next_pieces())
    if (const auto chunk = writer_.chunk(piece)) events += event(*chunk);
  if (!complete()) return events;
  if (const auto chunk = writer_.usage_chunk()) events += event(*chunk);
  return events + "data: [DONE]\n\n";
}

}  // namespace selfreward
