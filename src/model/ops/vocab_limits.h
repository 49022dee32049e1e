#pragma once
// How much of the logits log_probs.h holds at once, without tensors: estimates of memory read it too.
#include <algorithm>
#include <cstdint>

namespace selfreward {

constexpr int64_t kKeptLogitBytes = 256 << 20;  // of logits that are kept for the backward pass
constexpr int64_t kLogitChunkBytes = 16 << 20;  // of logits that are made at once
constexpr int64_t kLeastChunkTokens = 2048;     // of the vocabulary; below this the products get slow

/// How many tokens of the vocabulary a chunk of logits has, where chunks are about equal; a token's logits have
/// `token_bytes`.
inline int64_t chunk_tokens(int64_t vocab, int64_t token_bytes) {
  const int64_t most = std::max(kLeastChunkTokens, kLogitChunkBytes / token_bytes);
  const int64_t chunks = (vocab + most - 1) / most;
  return (vocab + chunks - 1) / chunks;
}

}  // namespace selfreward
