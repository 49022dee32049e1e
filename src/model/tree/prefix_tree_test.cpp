#include "model/tree/prefix_tree.h"

#include <doctest/doctest.h>

using namespace selfreward;

namespace {

/// The prompt of `request`, read off the tree from its node upwards.
TokenIds path_of(const std::vector<PrefixNode>& nodes, int64_t request) {
  for (const PrefixNode& node : nodes)
    for (const int64_t r : node.requests)
      if (r == request) {
        TokenIds path = node.tokens;
        for (int64_t up = node.parent; up >= 0; up = nodes[static_cast<size_t>(up)].parent) {
          const TokenIds& above = nodes[static_cast<size_t>(up)].tokens;
          path.insert(path.begin(), above.begin(), above.end());
        }
        return path;
      }
  return {};
}

TokenIds range(int64_t from, int64_t to) {
  TokenIds ids;
  for (int64_t i = from; i < to; ++i) ids.push_back(i);
  return ids;
}

TokenIds joined(TokenIds a, const TokenIds& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace

TEST_CASE("every prompt can be read off the tree, and shared parts are stored once") {
  const TokenIds rubric = range(0, 40);
  const std::vector<TokenIds> prompts = {
      joined(joined(rubric, range(100, 130)), {7, 8}),  // two candidates of one instruction
      joined(joined(rubric, range(100, 130)), {9}),
      joined(rubric, range(200, 220)),  // another instruction
      rubric,                           // a prompt that is a prefix of others
      {5},
      joined(rubric, range(200, 220)),  // the same prompt again
  };
  const auto nodes = build_prefix_tree(prompts);
  int64_t stored = 0;
  for (const PrefixNode& node : nodes) {
    CHECK(!node.tokens.empty());
    CHECK(node.parent < &node - nodes.data());
    stored += std::ssize(node.tokens);
  }
  for (size_t i = 0; i < prompts.size(); ++i) CHECK(path_of(nodes, static_cast<int64_t>(i)) == prompts[i]);
  CHECK(stored == 40 + 30 + 2 + 1 + 20 + 1);
}

TEST_CASE("prefixes that are shorter than min_shared are not split off") {
  const auto nodes = build_prefix_tree({{1, 2, 3, 4}, {1, 2, 5}}, /*min_shared=*/3);
  CHECK(nodes.size() == 2);
  CHECK(build_prefix_tree({{1, 2, 3, 4}, {1, 2, 5}}, /*min_shared=*/2).size() == 3);
}

TEST_CASE("an empty prompt is an error") {
  CHECK_THROWS_AS(build_prefix_tree({{1}, {}}), Error);
}
