#include "infer/prompt_cache.h"

#include <algorithm>

namespace selfreward {

PromptCache::PromptCache(int64_t slots) : slots_(slots / kPageSlots * kPageSlots), allocator_(slots_) {}

int64_t PromptCache::add(std::vector<PrefixNode> nodes, const std::vector<int64_t>& users) {
  const int64_t first = next_number_;
  for (size_t i = 0; i < nodes.size(); ++i) {
    PrefixNode& prefix = nodes[i];
    if (prefix.parent >= 0) ++nodes_.at(prefix.parent += first).users;
    nodes_.emplace(next_number_++, Node{std::move(prefix), {}, users[i]});
  }
  return first;
}

std::optional<int64_t> PromptCache::next() const {
  const auto found = nodes_.lower_bound(placed_);
  if (found == nodes_.end()) return std::nullopt;
  return found->first;
}

bool PromptCache::place_next(int64_t reserve) {
  const auto found = nodes_.lower_bound(placed_);
  Node& node = found->second;
  const int64_t tokens = std::ssize(node.prefix.tokens), taken = whole_pages(tokens);
  if (slots_ - held_ - taken < whole_pages(reserve)) return false;
  const auto slots = allocator_.allocate(taken);
  if (!slots) return false;
  node.slots = {slots->begin, tokens};
  held_ += taken;
  placed_ = found->first + 1;
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

void PromptCache::release(int64_t number) {
  while (number >= 0) {
    const auto found = nodes_.find(number);
    Node& node = found->second;
    if (--node.users > 0) return;
    if (number < placed_) {
      const int64_t taken = whole_pages(node.slots.count);
      allocator_.release({node.slots.begin, taken});
      held_ -= taken;
    }
    number = node.prefix.parent;
    nodes_.erase(found);
  }
}

}  // namespace selfreward
