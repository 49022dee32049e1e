#include "infer/scheduler.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace selfreward {

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

Scheduler::Scheduler(int64_t context_length, const GenerationSettings& options, GenerationStats& stats)
    : context_length_(context_length), options_(options), stats_(stats), cache_(options.max_cache_tokens) {}

int64_t Scheduler::add(std::vector<RunningRequest> requests) {
  const int64_t first = next_request_;
  std::vector<int64_t> sharing, alone;
  for (RunningRequest& request : requests) {
    (request.on_prompt ? alone : sharing).push_back(next_request_);
    const int64_t samples = request.num_samples;
    requests_.emplace(next_request_++, Entry{.request = std::move(request), .remaining = samples});
  }
  add_tree(sharing);
  for (const int64_t request : alone) add_tree({request});
  return first;
}

/// The prompts of these requests as a tree of their own.
void Scheduler::add_tree(const std::vector<int64_t>& requests) {
  std::vector<TokenIds> prompts;
  for (const int64_t request : requests)
    prompts.push_back(std::exchange(requests_.at(request).request.prompt, {}));
  std::vector<PrefixNode> nodes = build_prefix_tree(prompts);
  std::vector<int64_t> users(nodes.size());
  for (size_t i = nodes.size(); i-- > 0;) {  // children before parents
    for (int64_t& request : nodes[i].requests) {
      request = requests[static_cast<size_t>(request)];
      users[i] += requests_.at(request).remaining;
      nodes[i].room = std::max(nodes[i].room, room_below(request, nodes[i]));
    }
    if (nodes[i].parent < 0) continue;
    int64_t& room = nodes[static_cast<size_t>(nodes[i].parent)].room;
    room = std::max(room, nodes[i].room);
  }
  std::vector<std::vector<int64_t>> ending;
  for (const PrefixNode& node : nodes) ending.push_back(node.requests);
  const int64_t first = cache_.add(std::move(nodes), users);
  for (size_t i = 0; i < ending.size(); ++i)
    for (const int64_t request : ending[i]) requests_.at(request).node = first + static_cast<int64_t>(i);
}

void Scheduler::cancel(int64_t request) {
  const auto found = requests_.find(request);
  if (found == requests_.end()) return;
  if (found->second.admitted) return drop_sequences_of(request);
  for (int64_t n = 0; n < found->second.remaining; ++n) cache_.release(found->second.node);
  requests_.erase(found);
}

void Scheduler::drop_sequences_of(int64_t request) {
  const auto drop = [&](auto& sequences) {
    for (Sequence& sequence : sequences) {
      if (sequence.request != request) continue;
      sequence.done = true;
      release_if_done(sequence);
    }
    std::erase_if(sequences, [](const Sequence& sequence) { return sequence.done; });
  };
  drop(live_);
  drop(waiting_);
}

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
  const auto entry = requests_.find(sequence.request);
  if (--entry->second.remaining == 0) requests_.erase(entry);
}

int64_t Scheduler::room_below(int64_t request, const PrefixNode& prefix) const {
  return std::min(requests_.at(request).request.sampling.max_new_tokens, context_length_ - prefix.length());
}

/// What the cache must be able to hold beside the prompts that are there, with this node's.
int64_t Scheduler::room_for_any(int64_t node) const {
  int64_t room = cache_.prefix(node).room;
  for (const std::vector<Sequence>* sequences : {&live_, &fresh_})
    for (const Sequence& sequence : *sequences) room = std::max(room, sequence.max_tokens);
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
  // a step's first prefill may be longer than the limit: no step has less to do beside it
  const bool begun = !step.ids.empty();
  const bool full =
      (begun && std::ssize(step.ids) + std::ssize(prefix.tokens) > kMaxPrefillTokens) ||
      ((begun || !live_.empty()) && std::ssize(live_) + std::ssize(fresh_) >= options_.max_batch_size);
  if (full || !cache_.place_next(room_for_any(index))) return false;
  step.add_span(prefix.tokens, prefix.position, cache_.slots(index).begin, cache_.path(prefix.parent));
  stats_.prefill_tokens += std::ssize(prefix.tokens);
  const int64_t row = prefix.requests.empty() ? -1 : step.draw_from_last();
  for (const int64_t request : prefix.requests) admit_request(request, index, row, step);
  return true;
}

/// The samples of a request whose prompt ends with the step's last node; one that was cancelled is none.
void Scheduler::admit_request(int64_t number, int64_t node, int64_t row, Step& step) {
  const auto found = requests_.find(number);
  if (found == requests_.end()) return;
  const RunningRequest& request = found->second.request;
  found->second.admitted = true;
  if (request.on_prompt) step.scored.push_back({number, node, step.plan.back().query_begin});
  const int64_t max_tokens = room_below(number, cache_.prefix(node));
  for (int64_t n = 0; n < request.num_samples; ++n)
    fresh_.push_back({number, n, node, max_tokens, request.seed.child(n), row});
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
       cache_.prefix(node).length(), " tokens and an answer of up to ", cache_.prefix(node).room);
}

}  // namespace selfreward
