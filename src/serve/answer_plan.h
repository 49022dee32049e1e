#pragma once
// A checked request as work for one model: its prompts as tokens, and how much room their answers have.
#include "serve/api_request.h"
#include "text/chat/format.h"

namespace selfreward {

/// What bounds an answer.
struct ModelRoom {
  int64_t context = 0;       // tokens of prompt and answer together
  int64_t cache_tokens = 0;  // of the KV cache
  int64_t vocab = 0;         // ids below it have an embedding
};

struct PlannedPrompt {
  TokenIds ids;
  std::string text;        // what `echo` shows
  int64_t max_tokens = 0;  // of an answer
};

struct AnswerPlan {
  ApiRequest request;
  std::vector<PlannedPrompt> prompts;
  int64_t prompt_tokens() const;
  int64_t num_choices() const { return std::ssize(prompts) * request.n; }
};

/// Applies the chat template or the tokenizer. A prompt that cannot be answered (too long, tokens that are
/// none, messages that the template refuses) is an ApiError that says why. Without max_tokens a completion
/// has 16 tokens, as OpenAI's, and a chat what the context leaves. Threads may share `format`.
AnswerPlan plan_answer(ApiRequest request, const ChatFormat& format, const ModelRoom& room);

}  // namespace selfreward
