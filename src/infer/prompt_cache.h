#pragma once
// The prompts of a generate() call as a tree in the KV cache: which nodes are there, where, and who needs
// them.
#include "infer/prefix_tree.h"
#include "infer/slot_allocator.h"

namespace selfreward {

class PromptCache {
 public:
  /// `samples[request]` sequences will continue the prompt of each request.
  PromptCache(std::vector<PrefixNode> nodes, const std::vector<int64_t>& samples, int64_t slots);

  const PrefixNode& prefix(int64_t node) const { return nodes_[static_cast<size_t>(node)].prefix; }
  KeyRange slots(int64_t node) const { return nodes_[static_cast<size_t>(node)].slots; }

  /// The first node, parents before children, that was not placed yet; absent when all were.
  std::optional<int64_t> next() const;
  /// Gives the next node its slots; false where there is no room.
  bool place_next();

  /// The keys of a node and of those above it, from the root down.
  std::vector<KeyRange> path(int64_t node) const;

  /// Room for `count` tokens of a sequence, or nothing; it is given back by release().
  std::optional<KeyRange> reserve(int64_t count) { return allocator_.allocate(count); }
  /// A sequence below `node` is complete: its own slots (if any) and nodes that nobody needs any more are
  /// freed.
  void release(int64_t node, KeyRange own);

 private:
  struct Node {
    PrefixNode prefix;
    KeyRange slots;
    int64_t users = 0;  // children and sequences that still need it
  };

  std::vector<Node> nodes_;
  int64_t placed_ = 0;
  SlotAllocator allocator_;
};

}  // namespace selfreward
