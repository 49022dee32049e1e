#include "infer/choices.h"

#include "model/policy/causal_lm.h"
#include "model/tree/prefix_tree.h"

namespace selfreward {
namespace {

using torch::Tensor;

/// A tree of the sequences, and the row of each one's last token.
std::vector<int64_t> add_to_tree(TokenTree& tree, const std::vector<TokenIds>& sequences) {
  std::vector<int64_t> rows(sequences.size());
  for (const PrefixNode& node : build_prefix_tree(sequences)) {
    tree.add(node.parent, node.tokens);
    for (const int64_t request : node.requests) rows[static_cast<size_t>(request)] = tree.num_tokens() - 1;
  }
  return rows;
}

std::vector<double> probabilities_of(const CausalLM& model, const Tensor& hidden, const TokenIds& choices) {
  const Tensor ids = torch::tensor(choices, at::kLong).to(hidden.device());
  const Tensor weight = model.output_weight().index_select(0, ids).to(at::kFloat);
  Tensor logits = weight.matmul(hidden.to(at::kFloat));
  const double cap = model.config().logit_softcap;
  if (cap > 0) logits = cap * at::tanh(logits / cap);
  const Tensor shares = logits.to(at::kDouble).softmax(0).to(at::kCPU).contiguous();
  return {shares.data_ptr<double>(), shares.data_ptr<double>() + shares.numel()};
}

}  // namespace

std::vector<std::vector<double>> choice_probabilities(const CausalLM& model,
                                                      const std::vector<TokenIds>& sequences,
                                                      const std::vector<TokenIds>& choices) {
  const c10::InferenceMode mode;
  TokenTree tree;
  const auto rows = add_to_tree(tree, sequences);
  const Tensor hidden = model.hidden_states(tree_batch(tree, model.device()));
  std::vector<std::vector<double>> result;
  for (size_t i = 0; i < rows.size(); ++i)
    result.push_back(probabilities_of(model, hidden.select(0, rows[i]), choices[i]));
  return result;
}

}  // namespace selfreward
