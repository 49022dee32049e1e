#pragma once
// Many completions at once (continuous batching): prompts are a tree whose shared parts are computed once,
// live sequences decode together, a finished one makes room for the next, prefill and decode share one
// forward.
//   Generator generator(policy, {});
//   const auto completions = generator.generate({{prompt_ids, /*num_samples=*/4, seed}}, params);
//   completions[0][3].text
#include <memory>

#include "base/progress.h"
#include "infer/sampler.h"
#include "model/policy/policy.h"

namespace selfreward {

struct GenerationRequest {
  TokenIds prompt;
  int64_t num_samples = 1;
  Seed seed{0};  // sample n draws from seed.child(n), whatever else is in the batch
};

struct Completion {
  TokenIds ids;      // as sampled; ends with the stop token where it stopped by one
  std::string text;  // without special tokens, stop strings, and white space at both ends
  FinishReason finish_reason = FinishReason::stop;
  /// [ids][params.watched]: the logit of each watched token where the id was drawn, in float32.
  std::vector<std::vector<float>> watched = {};
};

class RunningBatch;

class Generator {
 public:
  /// Packs the policy's weights for inference while it lives; the policy must outlive it and not train.
  Generator(Policy& policy, const GenerationSettings& options);
  ~Generator();

  /// results[request][sample]. A prompt that leaves no room before max_position_embeddings, or a cache that
  /// cannot hold a single sequence, is an error with both numbers. `on_done` is told the completions so far
  /// after every step.
  std::vector<std::vector<Completion>> generate(const std::vector<GenerationRequest>& requests,
                                                const SamplingParams& params, const OnDone& on_done = {});
  /// A batch that requests can join and leave at any time (running_batch.h). One lives at a time, and none
  /// during generate().
  RunningBatch new_batch();
  /// Whether a prompt leaves room for an answer in the model's context.
  bool fits(const TokenIds& prompt) const;
  const ChatFormat& chat() const { return policy_.chat(); }
  const GenerationStats& stats() const { return stats_; }

 private:
  struct Packed;  // the weights as inference has them, and the KV cache

  Policy& policy_;
  GenerationSettings options_;
  std::unique_ptr<Packed> packed_;
  GenerationStats stats_;
};

/// A model that writes: how its work is batched, and where its draws begin. Model and settings are the
/// caller's.
struct Writer {
  Policy& policy;
  const GenerationSettings& generation;
  Seed seed;
};

}  // namespace selfreward
