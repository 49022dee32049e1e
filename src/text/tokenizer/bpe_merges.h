#pragma once
// The merges of byte-pair encoding: which two tokens become one, and in which order.
#include <cstdint>
#include <vector>

#include "data/records.h"

namespace selfreward {

/// From two ids to the merge of their tokens. Ids and ranks are below 2^31.
class MergeTable {
 public:
  struct Merge {
    int32_t rank = 0, id = 0;  // lower ranks first
  };

  MergeTable() : MergeTable(0) {}
  /// Room for up to `count` merges.
  explicit MergeTable(size_t count);

  /// A later merge of the same two tokens takes the place of the earlier one.
  void insert(int64_t left, int64_t right, Merge merge);
  /// Null where the two tokens do not merge.
  const Merge* find(int64_t left, int64_t right) const;

 private:
  struct Slot {
    uint64_t key = ~uint64_t{0};  // both ids; all ones where the slot is free
    Merge merge;
  };
  /// The slot of the key, or the free one where it belongs.
  size_t slot_of(uint64_t key) const;

  std::vector<Slot> slots_;  // a power of two, at most half of them taken
  int shift_ = 0;
};

/// Merges the tokens of a word until no two neighbours merge: lowest rank first, then leftmost.
void merge_tokens(const MergeTable& merges, TokenIds& ids);

}  // namespace selfreward
