#include "infer/generator.h"

#include <ATen/Parallel.h>

#include <deque>

#include "base/interrupt.h"
#include "base/text_util.h"
#include "infer/prefix_tree.h"
#include "infer/slot_allocator.h"

namespace selfreward {
namespace {

using torch::Tensor;

constexpr int64_t kMaxPrefillTokens = 4096;  // of one step: bounds the memory of activations
constexpr size_t kStopWindow = 32;           // tokens at the end of a completion that stop strings are sought in

/// A sequence that is being decoded, or waits for room with its first token drawn.
struct Sequence {
  int64_t request, sample, node;
  Seed seed;
  TokenIds ids;
  KeyRange slots;  // room for all its tokens
};

/// A node of the prompt tree and its place in the cache.
struct CachedNode {
  PrefixNode prefix;
  KeyRange slots;
  int64_t users = 0;  // children and sequences that still need it
};

/// Where the row of logits of a step comes from: a prefilled node or a live sequence.
struct Step {
  TokenIds ids;
  std::vector<int64_t> positions, slots, rows;
  AttentionPlan plan;
  std::vector<int64_t> nodes;  // prefilled; those with requests own the first rows
};

/// One generate() call.
class Session {
 public:
  Session(Policy& policy, KeyValueStore& store, const GenerationSettings& options, GenerationStats& stats,
          const std::vector<GenerationRequest>& requests, const SamplingParams& params)
      : policy_(policy), store_(store), options_(options), stats_(stats), requests_(requests), params_(params),
        allocator_(options.max_cache_tokens), results_(requests.size()) {
    std::vector<TokenIds> prompts;
    for (size_t i = 0; i < requests.size(); ++i) {
      prompts.push_back(requests[i].prompt);
      results_[i].resize(static_cast<size_t>(requests[i].num_samples));
      remaining_ += requests[i].num_samples;
      stats_.prompt_tokens += std::ssize(requests[i].prompt) * requests[i].num_samples;
    }
    for (PrefixNode& node : build_prefix_tree(prompts)) add_node(std::move(node));
  }

  std::vector<std::vector<Completion>> run(const std::function<void(int64_t)>& on_done) {
    const int64_t total = remaining_;
    while (remaining_ > 0) {
      throw_if_interrupted();
      start_waiting_sequences();
      Step step = plan_step();
      const Tensor logits = forward(step);
      const std::vector<int64_t> drawn = draw(step, logits);
      take_tokens(drawn);
      if (on_done) on_done(total - remaining_);
      ++stats_.steps;
    }
    return std::move(results_);
  }

 private:
  CachedNode& node(int64_t index) { return nodes_[static_cast<size_t>(index)]; }

  void add_node(PrefixNode prefix) {
    const int64_t limit = policy_.config().max_position_embeddings;
    check(prefix.length() < limit, "[generate] a prompt has ", prefix.length(), " tokens, but the model's context is ",
          limit, " (max_position_embeddings) and an answer needs room too");
    int64_t users = 0;
    for (const int64_t request : prefix.requests) users += requests_[static_cast<size_t>(request)].num_samples;
    if (prefix.parent >= 0) ++node(prefix.parent).users;
    nodes_.push_back({std::move(prefix), {}, users});
  }

  /// Tokens that a sequence below `node` may need room for: the last one drawn is never looked at again.
  int64_t room_for(const CachedNode& n) const {
    return std::min(params_.max_new_tokens, policy_.config().max_position_embeddings - n.prefix.length());
  }

  void start_waiting_sequences() {
    while (!waiting_.empty() && std::ssize(live_) < options_.max_batch_size) {
      const auto slots = allocator_.allocate(room_for(node(waiting_.front().node)));
      if (!slots) break;
      waiting_.front().slots = *slots;
      live_.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
    const bool stuck = live_.empty() && !waiting_.empty();
    if (stuck) fail_for_room(node(waiting_.front().node));
  }

  [[noreturn]] void fail_for_room(const CachedNode& n) const {
    fail("[generate] the KV cache of ", options_.max_cache_tokens, " tokens (generation.max_cache_tokens) cannot hold ",
         "one sequence: a prompt of ", n.prefix.length(), " tokens and an answer of up to ", room_for(n));
  }

  /// New nodes while there is room, then one token of every live sequence.
  Step plan_step() {
    Step step;
    while (waiting_.empty() && next_node_ < std::ssize(nodes_) && admit(step)) ++next_node_;
    if (step.nodes.empty() && live_.empty()) fail_for_room(node(next_node_));
    for (const int64_t index : step.nodes)
      if (!node(index).prefix.requests.empty()) step.rows.push_back(last_row(step, index));
    for (Sequence& sequence : live_) add_decode(step, sequence);
    return step;
  }

  bool admit(Step& step) {
    CachedNode& n = node(next_node_);
    const int64_t count = std::ssize(n.prefix.tokens);
    const bool busy = !live_.empty() || !step.nodes.empty();
    if (busy && (std::ssize(live_) + new_sequences_ >= options_.max_batch_size ||
                 std::ssize(step.ids) + count > kMaxPrefillTokens))
      return false;
    const auto slots = allocator_.allocate(count);
    if (!slots) return false;
    n.slots = *slots;
    add_prefill(step, n);
    return true;
  }

  void add_prefill(Step& step, const CachedNode& n) {
    const int64_t begin = std::ssize(step.ids);
    step.plan.push_back({begin, n.slots.count, n.slots.begin, context_of(n.prefix.parent), 0});
    for (int64_t i = 0; i < n.slots.count; ++i)
      add_token(step, n.prefix.tokens[static_cast<size_t>(i)], n.prefix.position + i, n.slots.begin + i);
    step.nodes.push_back(next_node_);
    stats_.prefill_tokens += n.slots.count;
    for (const int64_t request : n.prefix.requests) new_sequences_ += requests_[static_cast<size_t>(request)].num_samples;
  }

  void add_decode(Step& step, const Sequence& sequence) {
    const int64_t drawn = std::ssize(sequence.ids) - 1;  // the newest token is the input
    const int64_t slot = sequence.slots.begin + drawn;
    auto context = context_of(sequence.node);
    if (drawn > 0) context.push_back({sequence.slots.begin, drawn});
    step.rows.push_back(std::ssize(step.ids));
    step.plan.push_back({std::ssize(step.ids), 1, slot, std::move(context), 0});
    add_token(step, sequence.ids.back(), node(sequence.node).prefix.length() + drawn, slot);
  }

  static void add_token(Step& step, int64_t id, int64_t position, int64_t slot) {
    step.ids.push_back(id);
    step.positions.push_back(position);
    step.slots.push_back(slot);
  }

  int64_t last_row(const Step& step, int64_t index) const {
    const auto at = std::find(step.nodes.begin(), step.nodes.end(), index) - step.nodes.begin();
    const QuerySpan& span = step.plan[static_cast<size_t>(at)];
    return span.query_begin + span.count - 1;
  }

  /// The keys of a node and of those above it, from the root down.
  std::vector<KeyRange> context_of(int64_t index) {
    std::vector<KeyRange> context;
    for (; index >= 0; index = node(index).prefix.parent) context.push_back(node(index).slots);
    std::reverse(context.begin(), context.end());
    return context;
  }

  /// -> [rows, vocab] float32 on the CPU
  Tensor forward(const Step& step) {
    const auto tensor = [&](const std::vector<int64_t>& values) {
      return torch::tensor(values, at::kLong).to(policy_.model().device());
    };
    const TokenBatch batch{tensor(step.ids), tensor(step.positions), step.plan, &store_, tensor(step.slots)};
    const Tensor hidden = policy_.model().hidden_states(batch);
    if (step.rows.empty()) return {};
    return policy_.model().logits(hidden.index_select(0, tensor(step.rows))).to(at::kFloat).to(at::kCPU).contiguous();
  }

  /// The sequences that the rows of a step belong to: first those that start now, then the live ones.
  std::vector<int64_t> draw(const Step& step, const Tensor& logits) {
    new_sequences_ = 0;
    std::vector<int64_t> rows;
    int64_t row = 0;
    for (const int64_t index : step.nodes) {
      if (node(index).prefix.requests.empty()) continue;
      for (const int64_t request : node(index).prefix.requests)
        for (int64_t n = 0; n < requests_[static_cast<size_t>(request)].num_samples; ++n) {
          fresh_.push_back({request, n, index, requests_[static_cast<size_t>(request)].seed.child(n), {}, {}});
          rows.push_back(row);
        }
      ++row;
    }
    for (size_t i = 0; i < live_.size(); ++i) rows.push_back(row++);
    return draw_rows(logits, rows);
  }

  std::vector<int64_t> draw_rows(const Tensor& logits, const std::vector<int64_t>& rows) {
    std::vector<int64_t> drawn(rows.size());
    const int64_t vocab = logits.defined() ? logits.size(1) : 0;
    at::parallel_for(0, std::ssize(rows), /*grain_size=*/1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const size_t at = static_cast<size_t>(i);
        const Sequence& sequence = at < fresh_.size() ? fresh_[at] : live_[at - fresh_.size()];
        drawn[at] = sample_token(logits.data_ptr<float>() + rows[at] * vocab, vocab, params_, sequence.seed,
                                 std::ssize(sequence.ids));
      }
    });
    return drawn;
  }

  void take_tokens(const std::vector<int64_t>& drawn) {
    std::vector<Sequence> running;
    for (size_t i = 0; i < live_.size(); ++i)
      if (!take(live_[i], drawn[fresh_.size() + i])) running.push_back(std::move(live_[i]));
    for (size_t i = 0; i < fresh_.size(); ++i)
      if (!take(fresh_[i], drawn[i])) waiting_.push_back(std::move(fresh_[i]));
    live_ = std::move(running);
    fresh_.clear();
  }

  /// Appends a token; true when the sequence is complete and its room is given back.
  bool take(Sequence& sequence, int64_t id) {
    sequence.ids.push_back(id);
    ++stats_.new_tokens;
    const bool stopped = policy_.chat().is_stop(id) || found_stop_string(sequence.ids);
    const bool full = std::ssize(sequence.ids) >= room_for(node(sequence.node));
    if (!stopped && !full) return false;
    finish(sequence, stopped ? FinishReason::stop : FinishReason::length);
    return true;
  }

  bool found_stop_string(const TokenIds& ids) const {
    if (params_.stop.empty()) return false;
    const TokenIds tail(ids.end() - static_cast<std::ptrdiff_t>(std::min(ids.size(), kStopWindow)), ids.end());
    const std::string text = policy_.tokenizer().decode(tail);
    return std::any_of(params_.stop.begin(), params_.stop.end(),
                       [&](const std::string& stop) { return text.find(stop) != std::string::npos; });
  }

  void finish(Sequence& sequence, FinishReason reason) {
    std::string text = policy_.tokenizer().decode(sequence.ids);
    for (const std::string& stop : params_.stop) text = text.substr(0, text.find(stop));
    results_[static_cast<size_t>(sequence.request)][static_cast<size_t>(sequence.sample)] = {std::move(sequence.ids), strip(text), reason};
    if (sequence.slots.count > 0) allocator_.release(sequence.slots);
    --remaining_;
    --node(sequence.node).users;
    release_if_unused(sequence.node);
  }

  /// Frees nodes that no child and no sequence needs any more, upwards.
  void release_if_unused(int64_t index) {
    while (index >= 0 && node(index).users == 0 && node(index).slots.count > 0) {
      allocator_.release(node(index).slots);
      node(index).slots = {};
      index = node(index).prefix.parent;
      if (index >= 0) --node(index).users;
    }
  }

  Policy& policy_;
  KeyValueStore& store_;
  const GenerationSettings& options_;
  GenerationStats& stats_;
  const std::vector<GenerationRequest>& requests_;
  const SamplingParams& params_;
  SlotAllocator allocator_;
  std::vector<CachedNode> nodes_;
  int64_t next_node_ = 0;       // the first that is not in the cache yet
  int64_t new_sequences_ = 0;   // that this step's prefill will start
  std::vector<Sequence> live_, fresh_;
  std::deque<Sequence> waiting_;
  std::vector<std::vector<Completion>> results_;
  int64_t remaining_ = 0;
};

}  // namespace

Generator::Generator(Policy& policy, const GenerationSettings& options)
    : policy_(policy), options_(options), scope_(policy.model()),
      store_(policy.model().make_store(options.max_cache_tokens)) {
  check(options.max_batch_size > 0 && options.max_cache_tokens > 0, "[generate] max_batch_size and max_cache_tokens must be positive");
}

std::vector<std::vector<Completion>> Generator::generate(const std::vector<GenerationRequest>& requests,
                                                         const SamplingParams& params,
                                                         const std::function<void(int64_t)>& on_done) {
  check(params.max_new_tokens > 0, "[generate] max_new_tokens is ", params.max_new_tokens, ", at least 1 is wanted");
  return Session(policy_, store_, options_, stats_, requests, params).run(on_done);
}

}  // namespace selfreward
