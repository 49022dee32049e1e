#include "infer/sampler.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"

namespace selfreward {
namespace {

/// Largest element, and an error where the row is not a number anywhere.
float checked_maximum(const float* logits, int64_t vocab) {
  float maximum = -INFINITY;
  bool broken = false;
  for (int64_t i = 0; i < vocab; ++i) {
    maximum = std::max(maximum, logits[i]);
    broken |= std::isnan(logits[i]);
  }
  check(!broken && std::isfinite(maximum),
        "[sampler] the model's logits are not finite; training has diverged "
        "(lower learning_rate) or the checkpoint is damaged");
  return maximum;
}

bool more_probable(const TokenProbability& a, const TokenProbability& b) {
  return a.probability != b.probability ? a.probability > b.probability : a.id < b.id;
}

void normalise(std::vector<TokenProbability>& tokens) {
  double total = 0;
  for (const auto& token : tokens) total += token.probability;
  for (auto& token : tokens) token.probability /= total;
}

/// Tokens that can be in the nucleus. Those below (1 - top_p) / vocab together weigh less than 1 - top_p, so
/// the nucleus never needs them; only the rest is sorted.
std::vector<TokenProbability> plausible_tokens(const float* logits, int64_t vocab,
                                               const SamplingParams& params) {
  const float maximum = checked_maximum(logits, vocab);
  const float scale = static_cast<float>(1.0 / params.temperature);
  std::vector<float> weights(static_cast<size_t>(vocab));
  double total = 0;
  for (int64_t i = 0; i < vocab; ++i)
    total += weights[static_cast<size_t>(i)] = std::exp((logits[i] - maximum) * scale);
  const double least = std::max(0.0, 1.0 - params.top_p) / static_cast<double>(vocab) * total;
  std::vector<TokenProbability> tokens;
  for (int64_t i = 0; i < vocab; ++i)
    if (const double weight = weights[static_cast<size_t>(i)]; weight >= least && weight > 0)
      tokens.push_back({i, weight / total});
  return tokens;
}

}  // namespace

std::vector<TokenProbability> sampling_distribution(const float* logits, int64_t vocab,
                                                    const SamplingParams& params) {
  auto tokens = plausible_tokens(logits, vocab, params);
  std::sort(tokens.begin(), tokens.end(), more_probable);
  if (params.top_k > 0 && params.top_k < static_cast<int64_t>(tokens.size())) {
    tokens.resize(static_cast<size_t>(params.top_k));
    normalise(tokens);
  }
  double mass = 0;
  for (size_t i = 0; i < tokens.size(); ++i) {
    mass += tokens[i].probability;
    if (mass >= params.top_p) {
      tokens.resize(i + 1);
      break;
    }
  }
  normalise(tokens);
  return tokens;
}

int64_t sample_token(const float* logits, int64_t vocab, const SamplingParams& params, const Seed& seed,
                     int64_t position) {
  if (params.temperature == 0) {
    const float maximum = checked_maximum(logits, vocab);
    return std::find(logits, logits + vocab, maximum) - logits;
  }
  const auto tokens = sampling_distribution(logits, vocab, params);
  double left = seed.uniform(static_cast<uint64_t>(position));
  for (const auto& token : tokens)
    if ((left -= token.probability) < 0) return token.id;
  return tokens.back().id;
}

}  // namespace selfreward
