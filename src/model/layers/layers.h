#pragma once
// What goes into a network, and the parts that the layers of all families are made of. Modules nest so that
// named_parameters() spells the checkpoint's names.
#include <torch/types.h>

#include "model/layers/joint_linear.h"
#include "model/layers/model_config.h"
#include "model/ops/fused_ops.h"
#include "model/ops/tree_attention.h"

namespace selfreward {

/// Tokens that go through the network together, flat.
struct TokenBatch {
  torch::Tensor ids;        // [tokens] int64
  torch::Tensor positions;  // [tokens] int64, distance from the root
  SharedPlan plan;          // over `stores` if there are some, else over the batch's own keys
  std::vector<KeyValueStore>* stores = nullptr;  // of each layer; inference: keys and values go here first
  torch::Tensor slots;                           // [tokens] int64, where they are written; only with `stores`
};

/// A flat tree as a batch over its own keys, on `device`.
TokenBatch tree_batch(const TokenTree& tree, torch::Device device);

/// What all layers of a forward pass see.
struct Pass {
  TokenBatch batch;
  std::vector<Rotary> rotaries;  // of ModelConfig::ropes
};

/// What flows from layer to layer: the residual stream and what the last block adds to it, which is added
/// where the next norm reads it.
struct Stream {
  torch::Tensor x, delta;  // both [tokens, hidden]; delta is undefined before the first layer
  torch::Tensor sum() const { return delta.defined() ? x + delta : x; }
};

/// An RMS norm and its weight.
class RMSNorm : public torch::nn::Module {
 public:
  RMSNorm(int64_t size, double eps, NormKind kind);
  /// x [tokens, size] -> the same.
  torch::Tensor forward(const torch::Tensor& x) const { return rms_norm(x, weight, eps_, kind_); }
  /// {x + delta, its norm}
  std::pair<torch::Tensor, torch::Tensor> of_sum(const Stream& in) const;
  /// How a product that reads the norm of `x` makes it again.
  Origin origin(const torch::Tensor& x) const;

  torch::Tensor weight;  // [size]

 private:
  double eps_;
  NormKind kind_;
};
/// A new RMSNorm over the hidden size as `name` of a module.
std::shared_ptr<RMSNorm> add_norm(torch::nn::Module& module, const std::string& name, const ModelConfig& c,
                                  NormKind kind = NormKind::kLlama);

/// Which matrices an attention block has, and whether q and k have norms of their own.
struct AttentionParts {
  bool fused_qkv = false;  // one qkv_proj instead of q_proj, k_proj and v_proj
  enum class Bias { kNone, kQkv, kAll } bias = Bias::kNone;
  enum class HeadNorm { kNone, kEachHead, kAllHeads } head_norm = HeadNorm::kNone;
  NormKind norm_kind = NormKind::kLlama;
};

inline AttentionParts::Bias bias_everywhere(bool bias) {
  return bias ? AttentionParts::Bias::kAll : AttentionParts::Bias::kNone;
}

/// Grouped-query attention with rotary positions; "self_attn" of the checkpoint.
class Attention : public torch::nn::Module {
 public:
  Attention(const ModelConfig& config, int64_t layer, const AttentionParts& parts, torch::Dtype compute);
  /// x [tokens, hidden] -> the same.
  torch::Tensor forward(const torch::Tensor& x, const Origin& origin, const Pass& pass,
                        Dropout* dropout) const;
  std::vector<JointLinear*> products() { return {qkv_.get(), output_.get()}; }
  /// Whether the backward pass keeps what `product` of the layer reads: the attended values. What the other
  /// products read is made again (Origin).
  bool keeps_input(const JointLinear& product) const { return &product == output_.get(); }
  const JointLinear& qkv() const { return *qkv_; }
  /// Numbers of a token that the norms of q and k keep for the backward pass, or 0.
  int64_t kept_by_head_norms() const;

 private:
  torch::Tensor attend(const QueryKeyValue& heads, const TokenBatch& batch) const;
  std::vector<std::shared_ptr<Linear>> add_qkv(const ModelConfig& config, const AttentionParts& parts);

  size_t layer_;
  int64_t num_heads_, num_kv_heads_, head_dim_;
  int rope_;  // index into Pass::rotaries, or kNoRope
  AttentionOptions options_;
  HeadNorms head_norms_;
  std::unique_ptr<JointLinear> qkv_, output_;
};

struct FeedForwardParts {
  torch::Tensor (*activation)(const torch::Tensor& gate_up) = swiglu;
  bool fused_gate_up = false;  // one gate_up_proj instead of gate_proj and up_proj
  bool bias = false;
};

/// A gated feed-forward block (Shazeer 2020, arXiv 2002.05202): down(act(gate(x)) * up(x)); "mlp".
class FeedForward : public torch::nn::Module {
 public:
  FeedForward(const ModelConfig& config, const FeedForwardParts& parts, torch::Dtype compute);
  /// x [tokens, hidden] -> the same.
  torch::Tensor forward(const torch::Tensor& x, const Origin& origin, Dropout* dropout) const;
  std::vector<JointLinear*> products() { return {gate_up_.get(), down_.get()}; }
  const JointLinear& gate_up() const { return *gate_up_; }

 private:
  torch::Tensor (*activation_)(const torch::Tensor&);
  std::unique_ptr<JointLinear> gate_up_, down_;
};

/// One layer: attention, then feed-forward. The families differ in where the norms stand.
class DecoderLayer : public torch::nn::Module {
 public:
  DecoderLayer(const ModelConfig& config, int64_t layer, const AttentionParts& attention,
               const FeedForwardParts& feed_forward, torch::Dtype compute);
  virtual Stream forward(const Stream& in, const Pass& pass, Dropout* dropout) const = 0;
  /// How many inputs [tokens, hidden] the layer keeps for the backward pass: those of its norms and, where no
  /// norm comes before them, of its blocks.
  virtual int64_t kept_inputs() const = 0;
  std::vector<JointLinear*> products() const;
  /// The checkpoint's matrices, of all products.
  std::vector<std::shared_ptr<Linear>> matrices() const;
  /// Those of q, k and v and of gate and up, for which a checkpoint has several matrices or one.
  std::vector<const JointLinear*> joint_products() const { return {&self_attn_->qkv(), &mlp_->gate_up()}; }
  const Attention& attention() const { return *self_attn_; }

 protected:
  std::shared_ptr<Attention> self_attn_;
  std::shared_ptr<FeedForward> mlp_;
};

/// Norms before attention and before feed-forward: Llama and most that came after it.
class PreNormLayer : public DecoderLayer {
 public:
  PreNormLayer(const ModelConfig& config, int64_t layer, const AttentionParts& attention,
               const FeedForwardParts& feed_forward, torch::Dtype compute);
  Stream forward(const Stream& in, const Pass& pass, Dropout* dropout) const override;
  int64_t kept_inputs() const override { return 2; }

 private:
  std::shared_ptr<RMSNorm> input_layernorm_, post_attention_layernorm_;
};

}  // namespace selfreward
