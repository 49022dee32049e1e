#include "train/training_batch.h"

#include "model/ops/device.h"
#include "model/ops/log_probs.h"
#include "train/shared_prefixes.h"

namespace selfreward {

using torch::Tensor;

namespace {

/// Sequences as one flat tree.
struct FlatSequences {
  TokenTree tree;
  std::vector<std::vector<int64_t>> rows;  // of each token of each sequence, in the tree's order
};

FlatSequences flattened(const std::vector<TokenIds>& sequences) {
  const std::vector<PrefixNode> nodes = shared_prefixes(sequences);
  FlatSequences flat;
  flat.rows.resize(sequences.size());
  std::vector<std::vector<int64_t>> paths(nodes.size());  // rows from the root to the end of each node
  for (size_t n = 0; n < nodes.size(); ++n) {
    const PrefixNode& node = nodes[n];
    std::vector<int64_t>& path = paths[n];
    if (node.parent >= 0) path = paths[static_cast<size_t>(node.parent)];
    const int64_t begin = flat.tree.num_tokens();
    flat.tree.add(node.parent, node.tokens);
    for (int64_t i = 0; i < std::ssize(node.tokens); ++i) path.push_back(begin + i);
    for (const int64_t sequence : node.requests) flat.rows[static_cast<size_t>(sequence)] = path;
  }
  return flat;
}

}  // namespace

int64_t TrainingBatch::add_sequence(const TokenIds& prompt, const TokenIds& response,
                                    const std::vector<bool>& learnt) {
  check(!prompt.empty() && !response.empty(), "[training_batch] a row has no prompt or no response tokens");
  const int64_t index = std::ssize(sequences_);
  for (size_t i = 0; i < response.size(); ++i)
    if (learnt.empty() || learnt[i])
      targets_.push_back({index, std::ssize(prompt) - 1 + static_cast<int64_t>(i), response[i]});
  sequences_.push_back(computed_sequence(prompt, response));
  return index;
}

int64_t TrainingBatch::add_pair(const TokenIds& prompt, const TokenIds& first, const TokenIds& second) {
  const int64_t index = add_sequence(prompt, first);
  add_sequence(prompt, second);
  return index;
}

Tensor TrainingBatch::target_log_probs(const CausalLM& model, Dropout* dropout) const {
  const FlatSequences flat = flattened(sequences_);
  std::vector<int64_t> rows, ids;
  for (const Target& target : targets_) {
    rows.push_back(flat.rows[static_cast<size_t>(target.sequence)][static_cast<size_t>(target.place)]);
    ids.push_back(target.id);
  }
  const Tensor hidden = model.hidden_states(tree_batch(flat.tree, model.device()), dropout);
  return token_log_probs(hidden.index_select(0, index_tensor(rows, model.device())), model.output_weight(),
                         index_tensor(ids, model.device()), model.config().logit_softcap);
}

Tensor TrainingBatch::sum_by_sequence(const Tensor& per_target) const {
  std::vector<int64_t> sequences;
  for (const Target& target : targets_) sequences.push_back(target.sequence);
  return at::zeros({std::ssize(sequences_)}, per_target.options())
      .index_add(0, index_tensor(sequences, per_target.device()), per_target);
}

int64_t TrainingBatch::num_tokens() const {
  return flattened(sequences_).tree.num_tokens();
}

}  // namespace selfreward
