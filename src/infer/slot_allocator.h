#pragma once
// Ranges of slots of the KV cache: first fit from below, so that a small job touches little memory.
#include <cstdint>
#include <map>
#include <optional>

#include "model/tree/token_tree.h"

namespace selfreward {

class SlotAllocator {
 public:
  explicit SlotAllocator(int64_t slots) { free_[0] = slots; }

  /// A free range of `count` slots, or nothing where none is long enough.
  std::optional<KeyRange> allocate(int64_t count) {
    for (auto it = free_.begin(); it != free_.end(); ++it) {
      if (it->second < count) continue;
      const KeyRange range{it->first, count};
      const int64_t left = it->second - count;
      free_.erase(it);
      if (left > 0) free_[range.begin + count] = left;
      return range;
    }
    return std::nullopt;
  }

  /// Gives a range back and joins it with free neighbours.
  void release(KeyRange range) {
    auto next = free_.upper_bound(range.begin);
    if (next != free_.end() && range.begin + range.count == next->first) {
      range.count += next->second;
      next = free_.erase(next);
    }
    if (next != free_.begin()) {
      const auto before = std::prev(next);
      if (before->first + before->second == range.begin) {
        before->second += range.count;
        return;
      }
    }
    free_[range.begin] = range.count;
  }

 private:
  std::map<int64_t, int64_t> free_;  // begin -> count
};

}  // namespace selfreward
