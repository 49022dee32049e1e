#include "model/tree/prefix_tree.h"

#include <algorithm>
#include <numeric>

namespace selfreward {
namespace {

class Builder {
 public:
  Builder(const std::vector<TokenIds>& prompts, int64_t min_shared)
      : prompts_(prompts), min_shared_(min_shared) {
    order_.resize(prompts.size());
    std::iota(order_.begin(), order_.end(), int64_t{0});
    std::stable_sort(order_.begin(), order_.end(),
                     [&](int64_t a, int64_t b) { return prompt(a) < prompt(b); });
  }

  std::vector<PrefixNode> build() {
    if (!order_.empty())
      add(order_.data(), order_.data() + order_.size(), /*parent=*/-1, /*from=*/0, /*shared=*/0);
    return std::move(nodes_);
  }

 private:
  const TokenIds& prompt(int64_t request) const { return prompts_[static_cast<size_t>(request)]; }

  /// Requests [first, last) are sorted and agree on `shared` tokens, of which those before `from` lie above.
  void add(const int64_t* first, const int64_t* last, int64_t parent, int64_t from, int64_t shared) {
    const TokenIds &low = prompt(*first), &high = prompt(last[-1]);
    while (shared < std::min(std::ssize(low), std::ssize(high)) &&
           low[static_cast<size_t>(shared)] == high[static_cast<size_t>(shared)])
      ++shared;
    const bool ends_here = std::ssize(low) == shared;
    if (ends_here || (last - first > 1 && shared - from >= min_shared_)) {
      parent = add_node(low, parent, from, shared);
      from = shared;
    }
    for (; first != last && std::ssize(prompt(*first)) == shared; ++first)
      nodes_.back().requests.push_back(*first);
    while (first != last) {
      const int64_t token = prompt(*first)[static_cast<size_t>(shared)];
      const int64_t* next = std::find_if(
          first, last, [&](int64_t r) { return prompt(r)[static_cast<size_t>(shared)] != token; });
      add(first, next, parent, from, shared + 1);
      first = next;
    }
  }

  int64_t add_node(const TokenIds& tokens, int64_t parent, int64_t from, int64_t to) {
    nodes_.push_back({parent, from, TokenIds(tokens.begin() + from, tokens.begin() + to), {}, 0});
    return std::ssize(nodes_) - 1;
  }

  const std::vector<TokenIds>& prompts_;
  int64_t min_shared_;
  std::vector<int64_t> order_;
  std::vector<PrefixNode> nodes_;
};

}  // namespace

std::vector<PrefixNode> build_prefix_tree(const std::vector<TokenIds>& prompts, int64_t min_shared) {
  for (size_t i = 0; i < prompts.size(); ++i)
    check(!prompts[i].empty(), "[prefix_tree] prompt ", i, " has no tokens");
  return Builder(prompts, min_shared).build();
}

}  // namespace selfreward
