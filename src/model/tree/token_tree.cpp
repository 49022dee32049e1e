#include "model/tree/token_tree.h"

#include <algorithm>
#include <numeric>

namespace selfreward {

int64_t TokenTree::add(int64_t parent, const TokenIds& tokens) {
  check(!tokens.empty(), "[token_tree] a segment has no tokens");
  check(parent < static_cast<int64_t>(segments_.size()), "[token_tree] segment ", parent, " does not exist");
  Segment segment{parent, num_tokens(), static_cast<int64_t>(tokens.size()), 0,
                  static_cast<int64_t>(segments_.size())};
  if (parent != kNoParent) {
    const Segment& above = segments_[static_cast<size_t>(parent)];
    segment.position = above.position + above.count;
    segment.root = above.root;
  }
  tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
  segments_.push_back(segment);
  return static_cast<int64_t>(segments_.size()) - 1;
}

std::vector<int64_t> TokenTree::positions() const {
  std::vector<int64_t> positions(tokens_.size());
  for (const Segment& segment : segments_) {
    const auto first = positions.begin() + segment.begin;
    std::iota(first, first + segment.count, segment.position);
  }
  return positions;
}

AttentionPlan attention_plan(const TokenTree& tree) {
  AttentionPlan plan;
  for (const Segment& segment : tree.segments()) {
    QuerySpan span{segment.begin, segment.count, segment.begin, {}, segment.root};
    for (int64_t up = segment.parent; up != kNoParent;) {
      const Segment& ancestor = tree.segments()[static_cast<size_t>(up)];
      span.context.push_back({ancestor.begin, ancestor.count});
      up = ancestor.parent;
    }
    std::reverse(span.context.begin(), span.context.end());
    plan.push_back(std::move(span));
  }
  return plan;
}

}  // namespace selfreward
