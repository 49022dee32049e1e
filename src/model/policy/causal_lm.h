#pragma once
// A causal language model over flat token trees; model/families/ holds the layers of each kind of checkpoint.
//   const torch::Tensor hidden = model.hidden_states(tree_batch(tree, device));   // [tokens, hidden]
//   const torch::Tensor logits = model.logits(hidden);                            // [tokens, vocab]
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "model/layers/layers.h"
#include "model/layers/lora_settings.h"

namespace selfreward {

class CausalLM : public torch::nn::Module {
 public:
  /// Uninitialised float32 parameters; products are computed in `compute` (float32 or bfloat16).
  CausalLM(const ModelConfig& config, torch::Dtype compute);
  ~CausalLM() override;

  /// Final normed hidden states: batch of [tokens] -> [tokens, hidden] in the compute dtype.
  torch::Tensor hidden_states(const TokenBatch& batch, Dropout* dropout = nullptr) const;
  /// hidden [rows, hidden] -> [rows, vocab] in the compute dtype, capped where the checkpoint caps them.
  torch::Tensor logits(const torch::Tensor& hidden) const;
  /// Logits of a few tokens alone, in float32 whatever the compute dtype: hidden [rows, hidden], ids [tokens]
  /// -> [rows, tokens].
  torch::Tensor logits_of(const torch::Tensor& hidden, const torch::Tensor& ids) const;
  /// The output matrix [vocab, hidden]: lm_head.weight, or the embedding where they are tied.
  const torch::Tensor& output_weight() const;

  /// Normal(0, std) matrices and unit norms, from an addressed seed.
  void initialize(uint64_t seed, double std);

  /// Whether a forward pass with gradients keeps only what flows between layers and computes the rest again
  /// in the backward pass: a fraction of the memory for a third more time. Results are the same.
  void recompute_layers(bool on) { recompute_layers_ = on; }

  /// Makes the matrices, which have the compute dtype, the very ones that are multiplied: no copies of them.
  void join_products();

  /// Only adapters are trained from now on: the other matrices get the compute dtype and no copies.
  void freeze_base(const LoraSettings& adapter);
  /// Adds the adapters to the weights, which become float32, and drops them.
  void merge_adapter();
  /// The settings of the adapters, if there are some.
  const std::optional<LoraSettings>& adapter() const { return adapter_; }
  /// What training changes, by name: all parameters, or those of the adapters.
  std::vector<std::pair<std::string, torch::Tensor>> trainable_parameters() const;

  const std::vector<std::shared_ptr<DecoderLayer>>& layers() const { return layers_; }
  const ModelConfig& config() const { return config_; }
  torch::Dtype compute_dtype() const { return compute_; }
  torch::Device device() const;
  /// Empty keys and values of every layer for `slots` tokens.
  std::vector<KeyValueStore> make_stores(int64_t slots) const;

 private:
  friend class InferenceScope;
  std::set<const c10::TensorImpl*> adapter_parameters() const;
  std::vector<JointLinear*> products() const;              // every matrix product of the network
  torch::Tensor embedded(const torch::Tensor& ids) const;  // [tokens] -> [tokens, hidden]
  std::vector<Rotary> rotaries(const torch::Tensor& positions) const;

  ModelConfig config_;
  torch::Dtype compute_;
  bool recompute_layers_ = false;
  std::optional<LoraSettings> adapter_;
  std::shared_ptr<torch::nn::Module> body_, embed_tokens_;  // "model", "model.embed_tokens"
  std::vector<std::shared_ptr<DecoderLayer>> layers_;
  std::shared_ptr<RMSNorm> norm_;
  torch::Tensor embedding_;  // [vocab, hidden]
  std::optional<double> embedding_scale_;
  std::shared_ptr<Linear> lm_head_;      // null where tied
  std::shared_ptr<JointLinear> output_;  // of the logits
};

/// While it lives, weights are packed for fast forward passes without gradients (under c10::InferenceMode,
/// which belongs to a thread and so to each call, not to an object). Nothing may train meanwhile.
class InferenceScope {
 public:
  explicit InferenceScope(CausalLM& model);
  ~InferenceScope();
  InferenceScope(const InferenceScope&) = delete;
  InferenceScope& operator=(const InferenceScope&) = delete;

 private:
  CausalLM& model_;
};

}  // namespace selfreward
