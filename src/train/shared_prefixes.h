#pragma once
// What a training batch computes of its rows; the memory estimates count by the same rule.
#include "model/tree/prefix_tree.h"

namespace selfreward {

/// prompt + response without the last token, from which nothing is predicted.
TokenIds computed_sequence(const TokenIds& prompt, const TokenIds& response);

/// Sequences as a tree, in which each token is computed once. A beginning in common of less than eight tokens is not worth
/// a segment of its own.
std::vector<PrefixNode> shared_prefixes(const std::vector<TokenIds>& sequences);

}  // namespace selfreward
