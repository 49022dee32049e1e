#pragma once
// Prompts as trees in the KV cache: which nodes are there, where, and who needs them.
#include <map>

#include "infer/slot_allocator.h"
#include "model/tree/prefix_tree.h"

namespace selfreward {

class PromptCache {
 public:
  explicit PromptCache(int64_t slots);

  /// Appends trees; `users[i]` sequences will continue a prompt that ends with nodes[i]. Returns the number
  /// of the first node, the others follow in order.
  int64_t add(std::vector<PrefixNode> nodes, const std::vector<int64_t>& users);

  const PrefixNode& prefix(int64_t node) const { return nodes_.at(node).prefix; }
  KeyRange slots(int64_t node) const { return nodes_.at(node).slots; }

  /// The first node, parents before children, that was not placed yet; absent when all were.
  std::optional<int64_t> next() const;
  /// Gives the next node its slots; false where that would leave fewer than `reserve` slots to sequences, so
  /// that one of them can always be decoded to its end.
  bool place_next(int64_t reserve);

  /// The keys of a node and of those above it, from the root down.
  std::vector<KeyRange> path(int64_t node) const;

  /// A page for tokens of a sequence, or nothing.
  std::optional<KeyRange> take_page() { return allocator_.allocate(kPageSlots); }
  void give_back(const std::vector<KeyRange>& pages);
  /// A sequence below `node` is complete, or will not come: nodes that nobody needs any more are forgotten.
  void release(int64_t node);

 private:
  struct Node {
    PrefixNode prefix;
    KeyRange slots;
    int64_t users = 0;  // children and sequences that still need it
  };

  std::map<int64_t, Node> nodes_;         // by number
  int64_t next_number_ = 0, placed_ = 0;  // nodes below `placed_` have slots
  int64_t slots_, held_ = 0;              // in all; by nodes
  SlotAllocator allocator_;
};

}  // namespace selfreward
