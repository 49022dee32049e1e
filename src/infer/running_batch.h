#pragma once
// Sequences that decode together while requests come and go: what generate() and the server run on.
//   RunningBatch batch = generator.new_batch();
//   batch.add({{prompt_ids, /*num_samples=*/4, seed, sampling, on_token}});
//   while (!batch.idle()) batch.step();
#include "infer/scheduler.h"

namespace selfreward {

class Policy;
class KeyValueStore;

class RunningBatch {
 public:
  /// All must outlive it.
  RunningBatch(Policy& policy, std::vector<KeyValueStore>& stores, const GenerationSettings& options,
               GenerationStats& stats);

  /// With every token that is drawn from now on, the logits of these are kept (Sequence::watched), in float32
  /// and before temperature and cuts.
  void watch(TokenIds tokens) { watched_ = std::move(tokens); }
  /// Requests that begin with the next step. Returns the number of the first, the others follow. A prompt
  /// that leaves no room in the model's context is an error.
  int64_t add(std::vector<RunningRequest> requests);
  /// Drops what is left of a request; one that is done is not changed by it.
  void cancel(int64_t request) { scheduler_.cancel(request); }
  bool idle() const { return scheduler_.idle(); }
  /// One forward pass; tells the requests of their new tokens. After an error the batch is of no use.
  void step();

 private:
  struct Pass;  // one forward pass, with tensors

  Policy& policy_;
  std::vector<KeyValueStore>& stores_;
  GenerationStats& stats_;
  Scheduler scheduler_;
  TokenIds watched_;
  std::vector<int64_t> forbidden_;  // ids that the tokenizer has no token for
};

}  // namespace selfreward
