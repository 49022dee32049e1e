#include "infer/scheduler.h"

#include <algorithm>

#include "base/error.h"

namespace selfreward {
namespace {

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

}  // namespace

void Step::add_span(const TokenIds& tokens, int64_t position, int64_t slot, std::vector<KeyRange> context,
                    int64_t earlier) {
  plan.push_back({std::ssize(ids), std::ssize(tokens), slot, std::move(context), 0, earlier});
  for (const int64_t id : tokens) {
    ids.push_back(id);
    positions.push_back(position++);
    slots.push_back(slot++);
  }
}

int64_t Step::draw_from_last() {
  rows.push_back(std::ssize(ids) - 1);
  return std::ssize(rows) - 1;
}

Scheduler::Scheduler(const std::vector<GenerationRequest>& requests, int64_t max_new_tokens,
                     int64_t context_length, const GenerationSettings& options, GenerationStats& stats)
    : requests_(requests),
      max_new_tokens_(max_new_tokens),
      context_length_(context_length),
      options_(options),
      stats_(stats),
      cache_(prompt_tree(requests), sample_counts(requests), options.max_cache_tokens) {}

Step Scheduler::plan_step() {
  make_room_for_live_sequences();
  start_waiting_sequences();
  Step step;
  while (waiting_.empty() && cache_.next() && admit_next(step)) {
  }
  if (step.ids.empty() && live_.empty())
    fail_for_room(waiting_.empty() ? *cache_.next() : waiting_.front().node);
  for (Sequence& sequence : live_) add_decode(step, sequence);
  return step;
}

std::vector<Sequence*> Scheduler::drawing() {
  std::vector<Sequence*> drawing;
  for (Sequence& sequence : live_) drawing.push_back(&sequence);
  for (Sequence& sequence : fresh_) drawing.push_back(&sequence);
  return drawing;
}

void Scheduler::end_step() {
  for (std::vector<Sequence>* sequences : {&live_, &fresh_}) {
    for (Sequence& sequence : *sequences) release_if_done(sequence);
    std::erase_if(*sequences, [](const Sequence& sequence) { return sequence.done; });
  }
  std::move(fresh_.begin(), fresh_.end(), std::back_inserter(waiting_));
  fresh_.clear();
}

void Scheduler::release_if_done(Sequence& sequence) {
  if (!sequence.done) return;
  take_pages_from(sequence);
  cache_.release(sequence.node);
}

int64_t Scheduler::room_below(int64_t node) const {
  return std::min(max_new_tokens_, context_length_ - cache_.prefix(node).length());
}

/// What the cache must be able to hold beside the prompts that are there, with this node's.
int64_t Scheduler::room_for_any(int64_t node) const {
  int64_t room = room_below(node);
  for (const std::vector<Sequence>* sequences : {&live_, &fresh_})
    for (const Sequence& sequence : *sequences) room = std::max(room, room_for(sequence));
  return room;
}

/// Pages for all tokens of a sequence; false where there are not enough (it keeps what it got).
bool Scheduler::make_room(Sequence& sequence) {
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

void Scheduler::take_pages_from(Sequence& sequence) {
  cache_.give_back(sequence.pages);
  sequence.pages.clear();
  sequence.room = sequence.cached = 0;
}

/// Every live sequence gets room for its next token. Where there is none, the newest ones wait: their
/// tokens are kept and go through the network again when there is room.
void Scheduler::make_room_for_live_sequences() {
  for (size_t i = 0; i < live_.size(); ++i)
    while (i < live_.size() && !make_room(live_[i])) {
      take_pages_from(live_.back());
      waiting_.push_front(std::move(live_.back()));
      live_.pop_back();
      ++stats_.preemptions;
    }
}

void Scheduler::start_waiting_sequences() {
  while (!waiting_.empty() && std::ssize(live_) < options_.max_batch_size && make_room(waiting_.front())) {
    live_.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  if (!waiting_.empty()) take_pages_from(waiting_.front());
}

/// Puts the next node of the prompt tree into the step, with the samples of prompts that end there; false
/// where it has to wait.
bool Scheduler::admit_next(Step& step) {
  const int64_t index = *cache_.next();
  const PrefixNode& prefix = cache_.prefix(index);
  const bool busy = !live_.empty() || !step.ids.empty();
  const bool full = std::ssize(live_) + std::ssize(fresh_) >= options_.max_batch_size ||
                    std::ssize(step.ids) + std::ssize(prefix.tokens) > kMaxPrefillTokens;
  if ((busy && full) || !cache_.place_next(room_for_any(index))) return false;
  step.add_span(prefix.tokens, prefix.position, cache_.slots(index).begin, cache_.path(prefix.parent));
  stats_.prefill_tokens += std::ssize(prefix.tokens);
  const int64_t row = prefix.requests.empty() ? -1 : step.draw_from_last();
  for (const int64_t r : prefix.requests) {
    const GenerationRequest& request = requests_[static_cast<size_t>(r)];
    for (int64_t n = 0; n < request.num_samples; ++n)
      fresh_.push_back({r, n, index, request.seed.child(n), row});
  }
  return true;
}

/// The tokens of a sequence that are not cached yet (the newest one, or all after it had to wait) see the
/// prompt and the sequence's earlier tokens.
void Scheduler::add_decode(Step& step, Sequence& sequence) {
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
  sequence.row = step.draw_from_last();
}

void Scheduler::fail_for_room(int64_t node) const {
  fail("[generate] the KV cache of ", options_.max_cache_tokens,
       " tokens (generation.max_cache_tokens) cannot ", "hold one sequence: a prompt of ",
       cache_.prefix(node).length(), " tokens and an answer of up to ", room_below(node));
}

}  // namespace selfreward
