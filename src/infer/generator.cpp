#include "infer/generator.h"

#include <ATen/Parallel.h>
#include <ATen/record_function.h>

#include <deque>

#include "base/interrupt.h"
#include "base/text_util.h"
#include "infer/prompt_cache.h"

namespace selfreward {
namespace {

using torch::Tensor;

constexpr int64_t kMaxPrefillTokens = 4096;  // of one step: bounds the memory of activations
constexpr size_t kStopWindow = 32;  // tokens at the end of a completion that stop strings are sought in

/// A sequence that is being decoded, or waits for room with its first token drawn.
struct Sequence {
  int64_t request, sample, node;  // `node` of the prompt tree is where its prompt ends
  Seed seed;
  TokenIds ids;
  std::vector<KeyRange> pages;   // room for its tokens, in order
  int64_t room = 0, cached = 0;  // tokens that fit there, and that are there
};

/// The tokens of one forward pass: new nodes of the prompt tree, then one token of every live sequence.
struct Step {
  TokenIds ids;
  std::vector<int64_t> positions, slots;
  std::vector<int64_t> rows;  // whose logits are drawn from: of nodes where prompts end, then of sequences
  AttentionPlan plan;
  std::vector<int64_t> nodes;

  void add_span(const TokenIds& tokens, int64_t position, int64_t slot, std::vector<KeyRange> context,
                int64_t earlier = 0) {
    plan.push_back({std::ssize(ids), std::ssize(tokens), slot, std::move(context), 0, earlier});
    for (const int64_t id : tokens) {
      ids.push_back(id);
      positions.push_back(position++);
      slots.push_back(slot++);
    }
  }
  int64_t last_row() const { return std::ssize(ids) - 1; }
};

std::vector<PrefixNode> prompt_tree(const std::vector<GenerationRequest>& requests) {
  std::vector<TokenIds> prompts;
  for (const GenerationRequest& request : requests) prompts.push_back(request.prompt);
  return build_prefix_tree(prompts);
}

std::vector<int64_t> sample_counts(const std::vector<GenerationRequest>& requests) {
  std::vector<int64_t> counts;
  for (const GenerationRequest& request : requests) counts.push_back(request.num_samples);
  return counts;
}

/// One generate() call.
class Session {
 public:
  Session(Policy& policy, std::vector<KeyValueStore>& stores, const GenerationSettings& options,
          GenerationStats& stats, const std::vector<GenerationRequest>& requests,
          const SamplingParams& params)
      : policy_(policy),
        stores_(stores),
        options_(options),
        stats_(stats),
        requests_(requests),
        params_(params),
        cache_(prompt_tree(requests), sample_counts(requests), options.max_cache_tokens) {
    for (const GenerationRequest& request : requests) {
      check_fits(request);
      results_.emplace_back(static_cast<size_t>(request.num_samples));
      remaining_ += request.num_samples;
      stats_.prompt_tokens += std::ssize(request.prompt) * request.num_samples;
    }
  }

  std::vector<std::vector<Completion>> run(const std::function<void(int64_t)>& on_done) {
    const int64_t total = remaining_;
    while (remaining_ > 0) {
      throw_if_interrupted();
      make_room_for_live_sequences();
      start_waiting_sequences();
      const Step step = plan_step();
      const Tensor logits = forward(step);
      start_sequences(step);
      take_tokens(draw(logits, rows_to_draw(step)));
      if (on_done) on_done(total - remaining_);
      ++stats_.steps;
    }
    return std::move(results_);
  }

 private:
  int64_t context_length() const { return policy_.config().max_position_embeddings; }
  const GenerationRequest& request(int64_t index) const { return requests_[static_cast<size_t>(index)]; }

  void check_fits(const GenerationRequest& request) const {
    check(std::ssize(request.prompt) < context_length(), "[generate] a prompt has ", request.prompt.size(),
          " tokens, but the model's context is ", context_length(),
          " (max_position_embeddings) and an answer needs room too");
  }

  /// The most tokens that a sequence below `node` may get.
  int64_t room_for(int64_t node) const {
    return std::min(params_.max_new_tokens, context_length() - cache_.prefix(node).length());
  }

  /// Pages for all tokens of a sequence; false where there are not enough (it keeps what it got).
  bool make_room(Sequence& sequence) {
    while (sequence.room < std::ssize(sequence.ids)) {
      const auto page = cache_.take_page();
      if (!page) return false;
      auto& pages = sequence.pages;
      if (!pages.empty() && pages.back().begin + pages.back().count == page->begin) {
        pages.back().count += page->count;
      } else {
        pages.push_back(*page);
      }
      sequence.room += page->count;
    }
    return true;
  }

  void take_pages_from(Sequence& sequence) {
    cache_.give_back(sequence.pages);
    sequence.pages.clear();
    sequence.room = sequence.cached = 0;
  }

  void start_waiting_sequences() {
    while (!waiting_.empty() && std::ssize(live_) < options_.max_batch_size && make_room(waiting_.front())) {
      live_.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
    if (!waiting_.empty()) take_pages_from(waiting_.front());
  }

  /// Every live sequence gets room for its next token. Where there is none, the newest ones wait: their
  /// tokens are kept and go through the network again when there is room.
  void make_room_for_live_sequences() {
    for (size_t i = 0; i < live_.size(); ++i)
      while (i < live_.size() && !make_room(live_[i])) {
        take_pages_from(live_.back());
        waiting_.push_front(std::move(live_.back()));
        live_.pop_back();
        ++stats_.preemptions;
      }
  }

  [[noreturn]] void fail_for_room(int64_t node) const {
    fail("[generate] the KV cache of ", options_.max_cache_tokens,
         " tokens (generation.max_cache_tokens) cannot ", "hold one sequence: a prompt of ",
         cache_.prefix(node).length(), " tokens and an answer of up to ", room_for(node));
  }

  Step plan_step() {
    Step step;
    int64_t new_sequences = 0;
    while (waiting_.empty() && cache_.next() && admit_next(step, new_sequences)) {
    }
    if (step.nodes.empty() && live_.empty())
      fail_for_room(waiting_.empty() ? *cache_.next() : waiting_.front().node);
    for (Sequence& sequence : live_) add_decode(step, sequence);
    return step;
  }

  /// Puts the next node of the prompt tree into the step; false where it has to wait.
  bool admit_next(Step& step, int64_t& new_sequences) {
    const int64_t index = *cache_.next();
    const PrefixNode& prefix = cache_.prefix(index);
    const bool busy = !live_.empty() || !step.nodes.empty();
    const bool full = std::ssize(live_) + new_sequences >= options_.max_batch_size ||
                      std::ssize(step.ids) + std::ssize(prefix.tokens) > kMaxPrefillTokens;
    if ((busy && full) || !cache_.place_next(room_for(index))) return false;
    step.add_span(prefix.tokens, prefix.position, cache_.slots(index).begin, cache_.path(prefix.parent));
    step.nodes.push_back(index);
    if (!prefix.requests.empty()) step.rows.push_back(step.last_row());
    for (const int64_t r : prefix.requests) new_sequences += request(r).num_samples;
    stats_.prefill_tokens += std::ssize(prefix.tokens);
    return true;
  }

  /// The tokens of a sequence that are not cached yet (the newest one, or all after it had to wait) see the
  /// prompt and the sequence's earlier tokens.
  void add_decode(Step& step, Sequence& sequence) {
    auto context = cache_.path(sequence.node);
    const int64_t prompt = cache_.prefix(sequence.node).length(), length = std::ssize(sequence.ids);
    int64_t first = 0;  // token at the beginning of the range
    for (const KeyRange& range : sequence.pages) {
      const int64_t from = std::max(first, sequence.cached), to = std::min(first + range.count, length);
      if (from < to) {
        const TokenIds tokens(sequence.ids.begin() + from, sequence.ids.begin() + to);
        step.add_span(tokens, prompt + from, range.begin + from - first, context, from - first);
      }
      context.push_back(range);
      first += range.count;
    }
    if (length > sequence.cached + 1) stats_.prefill_tokens += length - sequence.cached;
    sequence.cached = length;
    step.rows.push_back(step.last_row());
  }

  /// -> [rows, vocab] on the CPU, float32 or bfloat16
  Tensor forward(const Step& step) {
    const auto tensor = [&](const std::vector<int64_t>& values) {
      return torch::tensor(values, at::kLong).to(policy_.model().device());
    };
    const TokenBatch batch{tensor(step.ids), tensor(step.positions), step.plan, &stores_, step.slots};
    const Tensor hidden = policy_.model().hidden_states(batch);
    if (step.rows.empty()) return {};
    const Tensor logits = policy_.model().logits(hidden.index_select(0, tensor(step.rows)));
    return logits.to(at::kCPU).contiguous();
  }

  /// The samples of the prompts that this step has completed.
  void start_sequences(const Step& step) {
    for (const int64_t index : step.nodes)
      for (const int64_t r : cache_.prefix(index).requests)
        for (int64_t n = 0; n < request(r).num_samples; ++n)
          fresh_.push_back({r, n, index, request(r).seed.child(n), {}, {}, 0, 0});
  }

  /// The row of logits of every fresh sequence (those of one node share it), then of every live one.
  std::vector<int64_t> rows_to_draw(const Step& step) const {
    std::vector<int64_t> rows;
    int64_t row = -1, node = -1;
    for (const Sequence& sequence : fresh_) {
      row += sequence.node != node;
      node = sequence.node;
      rows.push_back(row);
    }
    for (size_t i = 0; i < live_.size(); ++i) rows.push_back(++row);
    check(row + 1 == std::ssize(step.rows), "[generate] rows of logits and sequences do not agree");
    return rows;
  }

  std::vector<int64_t> draw(const Tensor& logits, const std::vector<int64_t>& rows) const {
    if (!logits.defined()) return {};
    return logits.scalar_type() == at::kFloat ? draw_from<float>(logits, rows)
                                              : draw_from<uint16_t>(logits, rows);
  }

  template <typename T>
  std::vector<int64_t> draw_from(const Tensor& logits, const std::vector<int64_t>& rows) const {
    RECORD_FUNCTION("sample_token", {});
    std::vector<int64_t> drawn(rows.size());
    const int64_t vocab = logits.size(1);
    const T* data = static_cast<const T*>(logits.data_ptr());
    at::parallel_for(0, std::ssize(rows), /*grain_size=*/1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const size_t at = static_cast<size_t>(i);
        const Sequence& sequence = at < fresh_.size() ? fresh_[at] : live_[at - fresh_.size()];
        drawn[at] =
            sample_token(data + rows[at] * vocab, vocab, params_, sequence.seed, std::ssize(sequence.ids));
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
    const bool stopped =
        (!params_.ignore_eos && policy_.chat().is_stop(id)) || found_stop_string(sequence.ids);
    const bool full = std::ssize(sequence.ids) >= room_for(sequence.node);
    if (stopped || full) finish(sequence, stopped ? FinishReason::stop : FinishReason::length);
    return stopped || full;
  }

  bool found_stop_string(const TokenIds& ids) const {
    if (params_.stop.empty()) return false;
    const TokenIds tail(ids.end() - static_cast<std::ptrdiff_t>(std::min(ids.size(), kStopWindow)),
                        ids.end());
    const std::string text = policy_.tokenizer().decode(tail);
    return std::any_of(params_.stop.begin(), params_.stop.end(),
                       [&](const std::string& stop) { return text.find(stop) != std::string::npos; });
  }

  void finish(Sequence& sequence, FinishReason reason) {
    std::string text = policy_.tokenizer().decode(sequence.ids);
    for (const std::string& stop : params_.stop) text = text.substr(0, text.find(stop));
    take_pages_from(sequence);
    cache_.release(sequence.node);
    auto& samples = results_[static_cast<size_t>(sequence.request)];
    samples[static_cast<size_t>(sequence.sample)] = {std::move(sequence.ids), strip(text), reason};
    --remaining_;
  }

  Policy& policy_;
  std::vector<KeyValueStore>& stores_;
  const GenerationSettings& options_;
  GenerationStats& stats_;
  const std::vector<GenerationRequest>& requests_;
  const SamplingParams& params_;
  PromptCache cache_;
  std::vector<Sequence> live_, fresh_;  // decoding; with a prompt that this step has completed
  std::deque<Sequence> waiting_;        // for room
  std::vector<std::vector<Completion>> results_;
  int64_t remaining_ = 0;
};

}  // namespace

Generator::Generator(Policy& policy, const GenerationSettings& options)
    : policy_(policy),
      options_(options),
      scope_(policy.model()),
      stores_(policy.model().make_stores(options.max_cache_tokens)) {
  check(options.max_batch_size > 0 && options.max_cache_tokens > 0,
        "[generate] max_batch_size and max_cache_tokens must be positive");
}

std::vector<std::vector<Completion>> Generator::generate(const std::vector<GenerationRequest>& requests,
                                                         const SamplingParams& params,
                                                         const std::function<void(int64_t)>& on_done) {
  check(params.max_new_tokens > 0, "[generate] max_new_tokens is ", params.max_new_tokens,
        ", at least 1 is wanted");
  return Session(policy_, stores_, options_, stats_, requests, params).run(on_done);
}

}  // namespace selfreward
