#pragma once
// The unit of all work: a tree of tokens. A path from a root is a sequence; what branches share is stored and
// computed once. Padding does not exist: a tree lies flat, segment after segment, parents before children.
//   TokenTree tree;
//   const auto prompt = tree.add(kNoParent, prompt_ids);
//   tree.add(prompt, chosen_ids);  tree.add(prompt, rejected_ids);
#include <cstdint>
#include <vector>

#include "data/records.h"

namespace selfreward {

constexpr int64_t kNoParent = -1;

struct Segment {
  int64_t parent = kNoParent;  // index of an earlier segment
  int64_t begin = 0;           // first token in the flat order
  int64_t count = 0;           // number of tokens
  int64_t position = 0;        // distance of the first token from the root
  int64_t root = 0;            // index of the root segment of this tree
};

/// One or several trees in flat order.
class TokenTree {
 public:
  /// Appends a segment below `parent` (or a new root) and returns its index. Empty segments are an error.
  int64_t add(int64_t parent, const TokenIds& tokens);

  const std::vector<Segment>& segments() const { return segments_; }
  const TokenIds& tokens() const { return tokens_; }  // [tokens] flat
  /// Distance of every token from its root. [tokens]
  std::vector<int64_t> positions() const;
  int64_t num_tokens() const { return static_cast<int64_t>(tokens_.size()); }

 private:
  std::vector<Segment> segments_;
  TokenIds tokens_;
};

/// Slots of a key/value store come in pages: the unit in which they are given out and multiplied.
constexpr int64_t kPageSlots = 32;
inline int64_t whole_pages(int64_t slots) {
  return (slots + kPageSlots - 1) / kPageSlots * kPageSlots;
}

/// Keys [begin, begin + count) of a key/value store.
struct KeyRange {
  int64_t begin = 0;
  int64_t count = 0;
};

/// What one stretch of query tokens looks at: all of `context`, and of its own keys, stored from
/// `self_begin`, those at or before itself. The ranges are the whole path from the root, in order: so they
/// tell the positions of keys and queries too.
struct QuerySpan {
  int64_t query_begin = 0;
  int64_t count = 0;
  int64_t self_begin = 0;
  std::vector<KeyRange> context;
  int64_t tree = 0;     // spans of different trees share no key
  int64_t earlier = 0;  // keys right before self_begin that all of the span sees too

  /// The earlier keys and the span's own.
  KeyRange own() const { return {self_begin - earlier, earlier + count}; }
};
using AttentionPlan = std::vector<QuerySpan>;

/// The plan of a flat tree over its own keys: each segment sees its ancestors and itself.
AttentionPlan attention_plan(const TokenTree& tree);

}  // namespace selfreward
