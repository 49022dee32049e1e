#include "infer/sampler.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <span>
#include <type_traits>

#include "base/error.h"
#include "model/kernels/rows/kernels.h"

namespace selfreward {
namespace {

using Tokens = std::vector<TokenProbability>;

/// Largest element, and an error where the row is not a number anywhere.
template <typename T>
float checked_maximum(const T* logits, int64_t vocab) {
  const RowMaximum maximum = row_kernels<T>().maximum(logits, vocab);
  check(!maximum.has_nan && std::isfinite(maximum.value),
        "[sampler] the model's logits are not finite; training has diverged "
        "(lower learning_rate) or the checkpoint is damaged");
  return maximum.value;
}

/// Ids whose logit is at least `least`, in order.
template <typename T>
std::span<const int32_t> ids_at_least(const T* logits, int64_t vocab, float least) {
  thread_local std::vector<int32_t> ids;  // kept: a fresh one would be fresh pages for every row
  ids.resize(static_cast<size_t>(vocab));
  const int64_t count = row_kernels<T>().find_at_least(logits, vocab, least, ids.data());
  return {ids.data(), static_cast<size_t>(count)};
}

float logit_of(const float* logits, int32_t id) {
  return logits[id];
}
float logit_of(const uint16_t* logits, int32_t id) {
  return std::bit_cast<float>(static_cast<uint32_t>(logits[id]) << 16);
}

template <typename T>
T minus_infinity() {
  if constexpr (std::is_same_v<T, float>)
    return -std::numeric_limits<float>::infinity();
  else
    return 0xFF80;  // bfloat16
}

bool more_probable(const TokenProbability& a, const TokenProbability& b) {
  return a.probability != b.probability ? a.probability > b.probability : a.id < b.id;
}

double mass_of(std::span<const TokenProbability> tokens) {
  double mass = 0;
  for (const auto& token : tokens) mass += token.probability;
  return mass;
}

void normalise(Tokens& tokens) {
  const double total = mass_of(tokens);
  for (auto& token : tokens) token.probability /= total;
}

/// The most probable tokens of softmax(logits / temperature), unsorted: all above some probability, which is
/// lowered until they are `count` and weigh `mass`, or are all there are.
template <typename T>
Tokens heaviest_tokens(const T* logits, int64_t vocab, double temperature, int64_t count, double mass) {
  const float maximum = checked_maximum(logits, vocab);
  const float scale = static_cast<float>(1.0 / temperature);
  const double total = row_kernels<T>().sum_exponentials(logits, vocab, maximum, scale);
  Tokens tokens;
  for (const float depth : {5.0f, 8.0f, 12.0f, 18.0f, 26.0f, 40.0f, std::numeric_limits<float>::infinity()}) {
    const float least = std::max(maximum - depth / scale, std::numeric_limits<float>::lowest());
    tokens.clear();
    for (const int32_t id : ids_at_least(logits, vocab, least))
      tokens.push_back({id, std::exp((logit_of(logits, id) - maximum) * scale) / total});
    if (std::ssize(tokens) >= count && mass_of(tokens) >= mass) break;
  }
  std::erase_if(tokens, [](const TokenProbability& token) { return token.probability == 0; });
  return tokens;
}

/// The fewest of the most probable tokens that weigh at least `mass`: moves them to the front, the least
/// probable of them last, and returns how many. Halves the range that holds the last one; no full sort.
size_t move_heaviest_to_front(Tokens& tokens, double mass) {
  constexpr int64_t kFew = 16;
  auto begin = tokens.begin(), end = tokens.end();
  while (end - begin > kFew) {
    const auto middle = begin + (end - begin) / 2;
    std::nth_element(begin, middle, end, more_probable);
    const double upper = mass_of({begin, middle});
    if (upper >= mass) {
      end = middle;
    } else {
      mass -= upper;
      begin = middle;
    }
  }
  std::sort(begin, end, more_probable);
  while (begin + 1 < end && (mass -= begin->probability) > 0) ++begin;
  return static_cast<size_t>(begin - tokens.begin()) + 1;
}

/// The tokens that can be drawn, unsorted. `mass`: without a cut, tokens beyond this mass are not needed.
template <typename T>
Tokens nucleus(const T* logits, int64_t vocab, const SamplingSettings& params, double mass) {
  const bool top_k = params.top_k > 0 && params.top_k < vocab, top_p = params.top_p < 1;
  Tokens tokens = heaviest_tokens(logits, vocab, params.temperature, top_k ? params.top_k : 1,
                                  top_k   ? 0.0
                                  : top_p ? params.top_p
                                          : mass);
  if (top_k && params.top_k < std::ssize(tokens)) {
    std::nth_element(tokens.begin(), tokens.begin() + params.top_k, tokens.end(), more_probable);
    tokens.resize(static_cast<size_t>(params.top_k));
    normalise(tokens);
  }
  if (top_p) {
    tokens.resize(move_heaviest_to_front(tokens, params.top_p));
    normalise(tokens);
  }
  return tokens;
}

}  // namespace

template <typename T>
std::vector<TokenProbability> sampling_distribution(const T* logits, int64_t vocab,
                                                    const SamplingSettings& params) {
  Tokens tokens = nucleus(logits, vocab, params, /*mass=*/2);
  std::sort(tokens.begin(), tokens.end(), more_probable);
  normalise(tokens);
  return tokens;
}

template <typename T>
int64_t sample_token(const T* logits, int64_t vocab, const SamplingSettings& params, const Seed& seed,
                     int64_t position) {
  if (params.temperature == 0) return ids_at_least(logits, vocab, checked_maximum(logits, vocab)).front();
  const double uniform = seed.uniform(static_cast<uint64_t>(position));
  Tokens tokens = nucleus(logits, vocab, params, uniform);
  return tokens[move_heaviest_to_front(tokens, uniform) - 1].id;
}

template <typename T>
void forbid_tokens(T* logits, const std::vector<int64_t>& ids) {
  for (const int64_t id : ids) logits[id] = minus_infinity<T>();
}

template <typename T>
double log_total(const T* logits, int64_t vocab) {
  const float maximum = checked_maximum(logits, vocab);
  return maximum + std::log(row_kernels<T>().sum_exponentials(logits, vocab, maximum, /*scale=*/1.0f));
}

template <typename T>
TokenScore score_token(const T* logits, int64_t vocab, int64_t id, int64_t top, double total) {
  const auto log_prob = [&](int64_t token) {
    return static_cast<double>(logit_of(logits, static_cast<int32_t>(token))) - total;
  };
  TokenScore score{id, log_prob(id), {}};
  if (top == 0) return score;
  Tokens tokens = heaviest_tokens(logits, vocab, /*temperature=*/1.0, top, /*mass=*/0);
  const auto count = std::min(std::ssize(tokens), static_cast<std::ptrdiff_t>(top));
  std::partial_sort(tokens.begin(), tokens.begin() + count, tokens.end(), more_probable);
  for (auto token = tokens.begin(); token != tokens.begin() + count; ++token)
    score.top.emplace_back(token->id, log_prob(token->id));
  return score;
}

template std::vector<TokenProbability> sampling_distribution(const float*, int64_t, const SamplingSettings&);
template std::vector<TokenProbability> sampling_distribution(const uint16_t*, int64_t,
                                                             const SamplingSettings&);
template int64_t sample_token(const float*, int64_t, const SamplingSettings&, const Seed&, int64_t);
template int64_t sample_token(const uint16_t*, int64_t, const SamplingSettings&, const Seed&, int64_t);
template void forbid_tokens(float*, const std::vector<int64_t>&);
template void forbid_tokens(uint16_t*, const std::vector<int64_t>&);
template double log_total(const float*, int64_t);
template double log_total(const uint16_t*, int64_t);
template TokenScore score_token(const float*, int64_t, int64_t, int64_t, double);
template TokenScore score_token(const uint16_t*, int64_t, int64_t, int64_t, double);

}  // namespace selfreward
