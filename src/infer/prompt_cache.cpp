#include "infer/prompt_cache.h"

#include <algorithm>

namespace selfreward {

PromptCache::PromptCache(std::vector<PrefixNode> nodes, const std::vector<int64_t>& samples, int64_t slots)
    : slots_(slots / kPageSlots * kPageSlots), allocator_(slots_) {
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

bool PromptCache::place_next(int64_t reserve) {
  Node& node = nodes_[static_cast<size_t>(placed_)];
  const int64_t tokens = std::ssize(node.prefix.tokens), taken = whole_pages(tokens);
  if (slots_ - held_ - taken < whole_pages(reserve)) return false;
  const auto slots = allocator_.allocate(taken);
  if (!slots) return false;
  node.slots = {slots->begin, tokens};
  held_ += taken;
  ++placed_;
  return true;
}

std::vector<KeyRange> PromptCache::path(int64_t node) const {
  std::vector<KeyRange> path;
  for (; node >= 0; node = prefix(node).parent) path.push_back(slots(node));
  std::reverse(path.begin(), path.end());
  return path;
}

void PromptCache::give_back(const std::vector<KeyRange>& pages) {
  for (const KeyRange& range : pages) allocator_.release(range);
}

void PromptCache::release(int64_t index) {
  while (index >= 0) {
    Node& node = nodes_[static_cast<size_t>(index)];
    if (--node.users > 0) return;
    const int64_t taken = whole_pages(node.slots.count);
    allocator_.release({node.slots.begin, taken});
    held_ -= taken;
    index = node.prefix.parent;
  }
}

}  // namespace selfreward
