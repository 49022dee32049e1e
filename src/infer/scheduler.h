#pragma once
// Who is computed when, in one generate() call: prompts as a tree in the KV cache, sequences that decode
// together, those that wait for room. A step is the tokens of one forward pass.
#include <deque>

#include "infer/generator.h"
#include "infer/prompt_cache.h"

namespace selfreward {

constexpr int64_t kMaxPrefillTokens = 4096;  // of one step: bounds the memory of activations

/// A sample that is being decoded, or waits for room with its first token drawn.
struct Sequence {
  int64_t request, sample, node;  // `node` of the prompt tree is where its prompt ends
  Seed seed;
  int64_t row;  // of the step's logits, that its next token is drawn from
  TokenIds ids = {};
  int64_t newline = 0;               // index of its newest token with a newline, or 0
  std::vector<KeyRange> pages = {};  // room for its tokens, in order
  int64_t room = 0, cached = 0;      // tokens that fit there, and that are there
  bool done = false;
};

/// The tokens of one forward pass: new nodes of the prompt tree, then the newest token of every live
/// sequence.
struct Step {
  TokenIds ids;
  std::vector<int64_t> positions, slots;
  std::vector<int64_t> rows;  // whose logits are drawn from
  AttentionPlan plan;

  void add_span(const TokenIds& tokens, int64_t position, int64_t slot, std::vector<KeyRange> context,
                int64_t earlier = 0);
  /// The last token's logits are drawn from; returns their row among all that are.
  int64_t draw_from_last();
};

class Scheduler {
 public:
  /// All must outlive it; requests are known to fit the context.
  Scheduler(const std::vector<GenerationRequest>& requests, int64_t max_new_tokens, int64_t context_length,
            const GenerationSettings& options, GenerationStats& stats);

  /// The next forward pass. A cache that cannot hold a single sequence is an error.
  Step plan_step();
  /// The sequences that get a token from that pass.
  std::vector<Sequence*> drawing();
  /// When they have it: those that are done give their room back, new ones begin to wait for theirs.
  void end_step();

  /// The most tokens that a sequence may get.
  int64_t room_for(const Sequence& sequence) const { return room_below(sequence.node); }

 private:
  int64_t room_below(int64_t node) const;
  int64_t room_for_any(int64_t node) const;
  bool make_room(Sequence& sequence);
  void take_pages_from(Sequence& sequence);
  void make_room_for_live_sequences();
  void start_waiting_sequences();
  bool admit_next(Step& step);
  void add_decode(Step& step, Sequence& sequence);
  void release_if_done(Sequence& sequence);
  [[noreturn]] void fail_for_room(int64_t node) const;

  const std::vector<GenerationRequest>& requests_;
  int64_t max_new_tokens_, context_length_;
  const GenerationSettings& options_;
  GenerationStats& stats_;
  PromptCache cache_;
  std::vector<Sequence> live_, fresh_;  // decoding; with a prompt that this step completes
  std::deque<Sequence> waiting_;        // for room
};

}  // namespace selfreward
