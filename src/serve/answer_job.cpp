#include "serve/answer_job.h"

#include <random>

#include "base/utf8.h"

namespace selfreward {
namespace {

uint64_t random_key() {
  std::random_device device;
  return static_cast<uint64_t>(device()) << 32 | device();
}

/// The scored tokens of a prompt with their places; the first one has no score.
std::vector<PlacedToken> placed(const Tokenizer& tokenizer, const TokenIds& ids,
                                std::vector<TokenScore> scores) {
  Detokenizer detokenizer(tokenizer);
  std::vector<PlacedToken> tokens;
  int64_t offset = 0;
  for (size_t i = 0; i < ids.size(); ++i) {
    tokens.push_back({ids[i], offset, std::nullopt});
    if (i > 0) tokens.back().score = std::move(scores[i - 1]);
    offset += count_characters(detokenizer.add(ids[i]));
  }
  return tokens;
}

}  // namespace

AnswerJob::AnswerJob(AnswerPlan answer_plan, const ChatFormat& chat_format)
    : plan(std::move(answer_plan)),
      format(chat_format),
      reply(std::make_shared<Reply>(plan.num_choices(), plan.request.stream)),
      open(plan.num_choices()) {
  for (const PlannedPrompt& prompt : plan.prompts)
    for (int64_t n = 0; n < plan.request.n; ++n) streams.push_back(text_behind(prompt));
}

TextStream AnswerJob::text_behind(const PlannedPrompt& prompt) const {
  // A reply in a chat is a text of its own; a completion goes on with the prompt's.
  return {format.tokenizer(), plan.request.chat ? TokenIds() : prompt.ids, plan.request.stop,
          plan.request.echo ? count_characters(prompt.text) : 0};
}

std::vector<RunningRequest> AnswerJob::requests() {
  const ApiRequest& request = plan.request;
  const Seed seed = request.seed ? Seed(*request.seed) : Seed(random_key());
  std::vector<RunningRequest> requests;
  for (size_t p = 0; p < plan.prompts.size(); ++p) {
    const PlannedPrompt& prompt = plan.prompts[p];
    const SamplingSettings sampling{std::max<int64_t>(prompt.max_tokens, 1), request.temperature,
                                    request.top_p, request.top_k};
    requests.push_back({prompt.ids, request.n, seed, sampling,
                        [this, p](Sequence& sequence) { take(p, sequence); }, request.top_logprobs, nullptr});
    if (!request.echo) continue;
    if (request.top_logprobs)
      requests.back().on_prompt = [this, p](auto scores) { echo(p, std::move(scores)); };
    else
      echo(p, {});
  }
  return requests;
}

/// Every choice begins with its prompt.
void AnswerJob::echo(size_t prompt, std::vector<TokenScore> scores) {
  Piece piece{.text = plan.prompts[prompt].text};
  if (plan.request.top_logprobs)
    piece.tokens = placed(format.tokenizer(), plan.prompts[prompt].ids, std::move(scores));
  for (int64_t n = 0; n < plan.request.n; ++n) {
    piece.choice = static_cast<int64_t>(prompt) * plan.request.n + n;
    reply->post(piece);
  }
}

/// An error of one request (a text that its decoder cannot write) is not that of the others.
void AnswerJob::take(size_t prompt, Sequence& sequence) {
  try {
    take_token(prompt, sequence);
  } catch (const Error& failure) {
    error = ApiError(500, failure.what());
    sequence.done = true;
  }
}

void AnswerJob::take_token(size_t prompt, Sequence& sequence) {
  const int64_t choice = static_cast<int64_t>(prompt) * plan.request.n + sequence.sample;
  TextStream& stream = streams[static_cast<size_t>(choice)];
  Piece piece{.choice = choice};
  sequence.done = true;
  if (plan.prompts[prompt].max_tokens == 0) return finish(std::move(piece), stream, FinishReason::length);
  const int64_t id = sequence.ids.back();
  piece.new_tokens = 1;
  if (plan.request.top_logprobs) piece.tokens = {{id, stream.offset(), std::move(sequence.score)}};
  const bool ends = format.is_stop(id);
  if (!ends) piece.text = stream.add(id);
  if (ends || stream.stopped()) return finish(std::move(piece), stream, FinishReason::stop);
  if (std::ssize(sequence.ids) >= sequence.max_tokens)
    return finish(std::move(piece), stream, FinishReason::length);
  sequence.done = false;
  reply->post(std::move(piece));
}

void AnswerJob::finish(Piece piece, TextStream& stream, FinishReason reason) {
  piece.text += stream.finish();
  piece.finish = stream.stopped() ? FinishReason::stop : reason;
  if (--open > 0) return reply->post(std::move(piece));
  last_piece = std::move(piece);
}

void AnswerJob::tell_end() {
  if (error) return reply->fail(*error);
  if (last_piece) reply->post(std::move(*last_piece));
}

}  // namespace selfreward
