#pragma once
// A judge as a function: conversations in, replies out. A local checkpoint (local_chat.h) and a chat endpoint
// (endpoint.h) are both such a function, so that comparisons and gradings do not know which one they ask.
#include <functional>

#include "base/progress.h"
#include "data/records.h"
#include "infer/settings.h"

namespace selfreward {

struct ChatQuestion {
  std::string id;  // names it in errors, and is the address of its randomness
  Conversation messages;
};

/// How replies are drawn.
struct ChatParams {
  SamplingSettings sampling;
  int64_t top_logprobs = 0;  // so many alternatives of each token are asked for; 0: none
  /// With top_logprobs a local model tells the tokens that this is true of, however many they are.
  std::function<bool(const std::string& token)> is_choice;
  /// A local model stops behind such a line; an endpoint cannot be told and writes on.
  std::function<bool(std::string_view line)> is_last_line;
  OnDone on_done;  // is told the replies so far; an endpoint shows its own progress
};

/// A token of a reply with the most probable tokens at its place.
struct ReplyToken {
  struct Choice {
    std::string text;
    double logprob = 0;
  };
  std::string text;
  std::vector<Choice> top;
};

struct ChatReply {
  std::string text;
  FinishReason finish_reason = FinishReason::stop;
  std::vector<ReplyToken> tokens = {};  // empty where no log-probabilities were asked for
  bool asked = true;                    // false: the question does not fit a local model's context
};

/// One reply to each question, in their order.
using Chat = std::function<std::vector<ChatReply>(const std::vector<ChatQuestion>& questions,
                                                  const ChatParams& params)>;

}  // namespace selfreward
