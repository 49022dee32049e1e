#include "train/shared_prefixes.h"

namespace selfreward {

TokenIds computed_sequence(const TokenIds& prompt, const TokenIds& response) {
  TokenIds sequence = prompt;
  sequence.insert(sequence.end(), response.begin(), response.end() - 1);
  return sequence;
}

std::vector<PrefixNode> shared_prefixes(const std::vector<TokenIds>& sequences) {
  constexpr int64_t kMinShared = 8;
  return build_prefix_tree(sequences, kMinShared);
}

}  // namespace selfreward
