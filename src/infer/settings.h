#pragma once
// Settings of generation, one line each: name, default, meaning.
#include <cstdint>
#include <string>

namespace selfreward {

struct SamplingSettings {
  int64_t max_new_tokens = 512;
  double temperature = 0.7;
  double top_p = 0.9;
  int64_t top_k = 0;

  template <typename Fields>
  void visit(Fields& f) {
    f("max_new_tokens", max_new_tokens, "an answer that reaches this many tokens is cut off");
    f("temperature", temperature, "0 takes the most probable token");
    f("top_p", top_p,
      "nucleus sampling: the smallest set of tokens with at least this probability; 1 is off");
    f("top_k", top_k, "only the k most probable tokens; 0 is off");
  }
};

struct GenerationSettings {
  int64_t max_batch_size = 256;
  int64_t max_cache_tokens = 131072;
  int64_t shard_size = 512;

  template <typename Fields>
  void visit(Fields& f) {
    f("max_batch_size", max_batch_size, "sequences decoded at once");
    f("max_cache_tokens", max_cache_tokens, "tokens held in the KV cache; bounds its memory");
    f("shard_size", shard_size,
      "prompts whose results are written together; a stopped run loses at most one shard");
  }
};

/// What a generate() call cost.
struct GenerationStats {
  int64_t prompt_tokens = 0;   // of all requests and samples, as if each were computed alone
  int64_t prefill_tokens = 0;  // really computed
  int64_t preemptions = 0;     // sequences that had to give up their room and are computed again
  int64_t new_tokens = 0;
  int64_t steps = 0;
};

}  // namespace selfreward
