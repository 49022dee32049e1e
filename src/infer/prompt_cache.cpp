#include "infer/prompt_cache.h"

#include <algorithm>

namespace selfreward {

PromptCache::PromptCache(std::vector<PrefixNode> nodes, const std::vector<int64_t>& samples, int64_t slots)
    : allocator_(slots) {
  for (PrefixNode& prefix : nodes) {
    int64_t users = 0;
    for (const int64_t request : prefix.requests) users += samples[static_cast<size_t>(request)];
    if (prefix.parent >= 0) ++nodes_[static_cast<size_t>(prefix.parent)].users;
    nodes_.push_back({std::move(prefix), {}, users});
  }
}

std::optional<int64_t> PromptCache::next() const {
  if (placed_ == std::ssize(nodes_)) return std::nullopt;
  return placed_;
}

bool PromptCache::place_next() {
  Node& node = nodes_[static_cast<size_t>(placed_)];
  const auto slots = allocator_.allocate(std::ssize(node.prefix.tokens));
  if (!slots) return false;
  node.slots = *slots;
  ++placed_;
  return true;
}

std::vector<KeyRange> PromptCache::path(int64_t node) const {
  std::vector<KeyRange> path;
  for (; node >= 0; node = prefix(node).parent) path.push_back(slots(node));
  std::reverse(path.begin(), path.end());
  return path;
}

void PromptCache::release(int64_t index, KeyRange own) {
  if (own.count > 0) allocator_.release(own);
  while (index >= 0) {
    Node& node = nodes_[static_cast<size_t>(index)];
    if (--node.users > 0) return;
    allocator_.release(node.slots);
    index = node.prefix.parent;
  }
}

}  // namespace selfreward
