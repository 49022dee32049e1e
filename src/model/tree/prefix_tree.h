#pragma once
// The prompts of many requests as a tree of shared prefixes: rubric -> instruction -> candidate, or few-shot
// header -> examples. Each node's tokens are computed once for all requests below it.
#include <cstdint>
#include <vector>

#include "data/records.h"

namespace selfreward {

struct PrefixNode {
  int64_t parent = -1;   // index of an earlier node
  int64_t position = 0;  // distance of the first token from the root
  TokenIds tokens;
  std::vector<int64_t> requests;  // those whose prompt ends with this node
  int64_t room = 0;               // the longest answer below it; left to the caller
  int64_t length() const { return position + static_cast<int64_t>(tokens.size()); }
};

/// Nodes in depth-first order, parents before children. Prefixes shared by fewer than `min_shared` tokens are
/// not worth a node of their own. Empty prompts are an error.
std::vector<PrefixNode> build_prefix_tree(const std::vector<TokenIds>& prompts, int64_t min_shared = 16);

}  // namespace selfreward
