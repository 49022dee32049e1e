#pragma once
// Who is computed when: prompts as trees in the KV cache, sequences that decode together, those that wait
// for room. A step is the tokens of one forward pass; requests come and go between two steps.
#include <deque>
#include <map>

#include "infer/prompt_cache.h"
#include "infer/sampler.h"

namespace selfreward {

constexpr int64_t kMaxPrefillTokens = 4096;  // of one step that has more than one prompt: bounds activations

/// A sample that is being decoded, or waits for room with its first token drawn.
struct Sequence {
  int64_t request, sample, node;  // `node` of the prompt trees is where its prompt ends
  int64_t max_tokens;             // the most that it may get
  Seed seed;
  int64_t row;  // of the step's logits, that its next token is drawn from
  TokenIds ids = {};
  std::optional<TokenScore> score = {};  // of the newest token, where that was asked for
  std::vector<std::vector<float>> watched =
      {};                            // beside each of ids: the logits of the batch's watched tokens
  int64_t newline = 0;               // index of its newest token with a newline, or 0
  std::vector<KeyRange> pages = {};  // room for its tokens, in order
  int64_t room = 0, cached = 0;      // tokens that fit there, and that are there
  bool done = false;
};

/// A prompt whose samples are drawn token by token, and who is told of them.
struct RunningRequest {
  TokenIds prompt;
  int64_t num_samples = 1;
  Seed seed{0};  // sample n draws from seed.child(n), whatever else is in the batch
  SamplingSettings sampling;
  std::function<void(Sequence&)> on_token;  // of each new token of a sample; sets `done` if it is the last
  std::optional<int64_t> top_scores;        // tokens are scored, beside this many most probable ones
  std::function<void(std::vector<TokenScore>)> on_prompt;  // if set: the scores of prompt tokens 1, 2, ...
};

/// The tokens of one forward pass: new nodes of the prompt trees, then the newest token of every live
/// sequence.
struct Step {
  TokenIds ids;
  std::vector<int64_t> positions, slots;
  std::vector<int64_t> rows;  // whose logits are drawn from
  struct Scored {
    int64_t request, node, begin;  // a whole prompt, from row `begin`
  };
  std::vector<Scored> scored;
  AttentionPlan plan;

  void add_span(const TokenIds& tokens, int64_t position, int64_t slot, std::vector<KeyRange> context,
                int64_t earlier = 0);
  /// The last token's logits are drawn from; returns their row among all that are.
  int64_t draw_from_last();
};

class Scheduler {
 public:
  /// All must outlive it.
  Scheduler(int64_t context_length, const GenerationSettings& options, GenerationStats& stats);

  /// Requests join; what their prompts share is computed once, but prompts that are scored stand alone. They
  /// are known to fit the context. Returns the number of the first, the others follow.
  int64_t add(std::vector<RunningRequest> requests);
  /// Between two steps: the request's samples are dropped and their room is free. An unknown or finished one
  /// is none.
  void cancel(int64_t request);
  bool idle() const { return requests_.empty(); }
  const RunningRequest& request(int64_t number) const { return requests_.at(number).request; }
  const TokenIds& prompt_node(int64_t node) const { return cache_.prefix(node).tokens; }

  /// The next forward pass; not where it is idle. A cache that cannot hold a single sequence is an error.
  Step plan_step();
  /// The sequences that get a token from that pass.
  std::vector<Sequence*> drawing();
  /// When they have it: those that are done give their room back, new ones begin to wait for theirs.
  void end_step();

 private:
  struct Entry {
    RunningRequest request;  // without its prompt once that is in a tree
    int64_t node = 0;
    int64_t remaining = 0;  // samples
    bool admitted = false;
  };

  void add_tree(const std::vector<int64_t>& requests);
  int64_t room_below(int64_t request, const PrefixNode& prefix) const;
  int64_t room_for_any(int64_t node) const;
  bool make_room(Sequence& sequence);
  void take_pages_from(Sequence& sequence);
  void make_room_for_live_sequences();
  void start_waiting_sequences();
  bool admit_next(Step& step);
  void admit_request(int64_t number, int64_t node, int64_t row, Step& step);
  void add_decode(Step& step, Sequence& sequence);
  void release_if_done(Sequence& sequence);
  void drop_sequences_of(int64_t request);
  [[noreturn]] void fail_for_room(int64_t node) const;

  int64_t context_length_;
  const GenerationSettings& options_;
  GenerationStats& stats_;
  PromptCache cache_;
  std::map<int64_t, Entry> requests_;  // with samples that are not done
  int64_t next_request_ = 0;
  std::vector<Sequence> live_, fresh_;  // decoding; with a prompt that this step completes
  std::deque<Sequence> waiting_;        // for room
};

}  // namespace selfreward
