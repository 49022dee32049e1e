#include "text/tokenizer/bpe_merges.h"

#include <algorithm>
#include <array>
#include <bit>
#include <queue>

namespace selfreward {
namespace {

constexpr size_t kShortWord = 64;  // tokens; up to here looking at all pairs again is faster than a queue
constexpr size_t kNone = static_cast<size_t>(-1);

using Merge = MergeTable::Merge;

uint64_t pair_key(int64_t left, int64_t right) {
  return (static_cast<uint64_t>(left) << 32) | static_cast<uint64_t>(right);
}

/// A short word while it is merged.
struct ShortWord {
  ShortWord(const MergeTable& table, TokenIds& word) : merges(table), ids(word), size(word.size()) {
    for (size_t i = 0; i < size; ++i) look_up(i);
  }

  void look_up(size_t i) { next[i] = i + 1 < size ? merges.find(ids[i], ids[i + 1]) : nullptr; }
  size_t best() const {
    size_t found = kNone;
    for (size_t i = 0; i + 1 < size; ++i)
      if (next[i] && (found == kNone || next[i]->rank < next[found]->rank)) found = i;
    return found;
  }
  void merge(size_t at) {
    ids[at] = next[at]->id;
    std::copy(&ids[at] + 2, ids.data() + size, &ids[at] + 1);
    std::copy(&next[at] + 2, next.data() + size, &next[at] + 1);
    --size;
    look_up(at);
    if (at > 0) look_up(at - 1);
  }
  void run() {
    for (size_t at; (at = best()) != kNone;) merge(at);
    ids.resize(size);
  }

  const MergeTable& merges;
  TokenIds& ids;
  size_t size;
  std::array<const Merge*, kShortWord> next;  // [i]: of the tokens i and i + 1
};

/// A long word while it is merged: a linked list of tokens and the merges that may be done next.
struct LongWord {
  struct Symbol {
    int64_t id;
    size_t previous, next;  // kNone at the ends
    bool merged_away = false;
  };
  struct Candidate {
    int32_t rank, id;
    size_t left;
    bool operator<(const Candidate& other) const {  // the queue gives its largest: lowest rank, then leftmost
      return rank != other.rank ? rank > other.rank : left > other.left;
    }
  };

  LongWord(const MergeTable& table, const TokenIds& ids) : merges(table) {
    for (size_t i = 0; i < ids.size(); ++i)
      symbols.push_back({ids[i], i == 0 ? kNone : i - 1, i + 1 == ids.size() ? kNone : i + 1});
    for (size_t i = 0; i < ids.size(); ++i) propose(i);
  }

  const Merge* merge_at(size_t left) const {
    if (left == kNone || symbols[left].merged_away || symbols[left].next == kNone) return nullptr;
    return merges.find(symbols[left].id, symbols[symbols[left].next].id);
  }
  void propose(size_t left) {
    if (const Merge* merge = merge_at(left)) queue.push({merge->rank, merge->id, left});
  }
  void merge(size_t left) {
    Symbol& symbol = symbols[left];
    Symbol& right = symbols[symbol.next];
    right.merged_away = true;
    symbol.next = right.next;
    if (right.next != kNone) symbols[right.next].previous = left;
  }
  void run(TokenIds& ids) {
    while (!queue.empty()) {
      const Candidate best = queue.top();
      queue.pop();
      const Merge* current = merge_at(best.left);
      if (!current || current->id != best.id) continue;  // a neighbour was merged meanwhile
      merge(best.left);
      symbols[best.left].id = best.id;
      propose(symbols[best.left].previous);
      propose(best.left);
    }
    ids.clear();
    for (const Symbol& symbol : symbols)
      if (!symbol.merged_away) ids.push_back(symbol.id);
  }

  const MergeTable& merges;
  std::vector<Symbol> symbols;
  std::priority_queue<Candidate> queue;
};

}  // namespace

MergeTable::MergeTable(size_t count)
    : slots_(std::bit_ceil(2 * count + 2)), shift_(64 - std::countr_zero(slots_.size())) {}

size_t MergeTable::slot_of(uint64_t key) const {
  size_t at = (key * 0x9E3779B97F4A7C15u) >> shift_;  // the golden ratio spreads the keys
  while (slots_[at].key != key && slots_[at].key != Slot().key) at = (at + 1) & (slots_.size() - 1);
  return at;
}

void MergeTable::insert(int64_t left, int64_t right, Merge merge) {
  const uint64_t key = pair_key(left, right);
  slots_[slot_of(key)] = {key, merge};
}

const Merge* MergeTable::find(int64_t left, int64_t right) const {
  const uint64_t key = pair_key(left, right);
  const Slot& slot = slots_[slot_of(key)];
  return slot.key == key ? &slot.merge : nullptr;
}

void merge_tokens(const MergeTable& merges, TokenIds& ids) {
  if (ids.size() < 2) return;
  if (ids.size() <= kShortWord)
    ShortWord(merges, ids).run();
  else
    LongWord(merges, ids).run(ids);
}

}  // namespace selfreward
