#pragma once
// POST /v1/chat/completions and /v1/completions: a JSON body -> what is asked for, checked as far as that
// is possible without a model.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "serve/api_error.h"

namespace selfreward {

struct ApiRequest {
  bool chat = false;
  std::string model;                      // empty: not said
  Json messages, tools;                   // of a chat; tools null: none
  std::vector<std::string> texts;         // of a completion: its prompts,
  std::vector<std::vector<int64_t>> ids;  // or their tokens
  int64_t n = 1;
  std::optional<int64_t> seed, max_tokens;
  double temperature = 1, top_p = 1;
  int64_t top_k = 0;
  std::vector<std::string> stop;
  std::optional<int64_t> top_logprobs;  // present: log-probabilities, with those of so many tokens
  bool echo = false, stream = false, include_usage = false;
};

/// What the server allows.
struct ApiLimits {
  int64_t max_n = 128;  // answers to one prompt
};

/// The JSON of a body; an error where it is none, or is nested very deep.
Json parse_body(std::string_view body);
/// A parameter that is unknown, or that would change the result and is not supported, is an ApiError that
/// names it.
ApiRequest parse_request(const Json& body, bool chat, const ApiLimits& limits);

}  // namespace selfreward
