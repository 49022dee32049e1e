#pragma once
// One token out of a row of logits. A draw depends on (seed, position) alone, not on other sequences.
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/seed.h"
#include "infer/settings.h"

namespace selfreward {

/// How tokens are drawn, and what ends a completion besides the stop tokens.
struct SamplingParams : SamplingSettings {
  SamplingParams() = default;
  SamplingParams(const SamplingSettings& settings,
                 std::vector<std::string> stop_strings = {})  // NOLINT: implicit
      : SamplingSettings(settings), stop(std::move(stop_strings)) {}

  std::vector<std::string> stop;  // text that ends a completion and is cut from its text
  /// Asked for each line when its newline is there; true ends the completion with that line.
  std::function<bool(std::string_view line)> is_last_line;
  /// Tokens whose logits are kept with every token that is drawn (Completion::watched).
  std::vector<int64_t> watched;
  bool ignore_eos = false;  // go on to max_new_tokens whatever is drawn: fixed lengths for measurements
};

/// A token with its probability after temperature, top-k and top-p.
struct TokenProbability {
  int64_t id = 0;
  double probability = 0;
};

/// The distribution that is drawn from, most probable first (equal ones by id), probabilities summing to 1:
/// softmax(logits / temperature), cut to the top_k most probable, then to the fewest with mass >= top_p.
/// logits [vocab], T is float or bfloat16 (its bits as uint16_t).
template <typename T>
std::vector<TokenProbability> sampling_distribution(const T* logits, int64_t vocab,
                                                    const SamplingSettings& params);

/// A token of that distribution by inversion at seed.uniform(position); temperature 0 is the argmax
/// (the smallest id among equals). A row with NaN is an error: the network has diverged.
template <typename T>
int64_t sample_token(const T* logits, int64_t vocab, const SamplingSettings& params, const Seed& seed,
                     int64_t position);

/// Makes it impossible that `ids` are drawn or named: their logits [vocab] become minus infinity.
template <typename T>
void forbid_tokens(T* logits, const std::vector<int64_t>& ids);

/// log sum exp(logits) of a row [vocab]; one with NaN is an error.
template <typename T>
double log_total(const T* logits, int64_t vocab);

/// What the model itself says of a token: log softmax(logits), before temperature and cuts.
struct TokenScore {
  int64_t id = 0;
  double log_prob = 0;
  std::vector<std::pair<int64_t, double>> top;  // ids with log_prob, most probable first
};
/// Of token `id`, beside the `top` most probable ones that are not forbidden. logits [vocab]; `total` is the
/// log_total of the row before tokens were forbidden, as in training.
template <typename T>
TokenScore score_token(const T* logits, int64_t vocab, int64_t id, int64_t top, double total);

}  // namespace selfreward
