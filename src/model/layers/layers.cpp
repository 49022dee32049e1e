#include "model/layers/layers.h"

namespace selfreward {

using torch::Tensor;

TokenBatch tree_batch(const TokenTree& tree, torch::Device device) {
  const auto positions = tree.positions();
  return {torch::tensor(tree.tokens(), at::kLong).to(device),
          torch::tensor(positions, at::kLong).to(device),
          prepare_plan(attention_plan(tree), device),
          nullptr,
          {}};
}

RMSNorm::RMSNorm(int64_t size, double eps, NormKind kind) : eps_(eps), kind_(kind) {
  weight = register_parameter("weight", at::ones({size}, at::kFloat));
}

std::pair<Tensor, Tensor> RMSNorm::of_sum(const Stream& in) const {
  if (in.delta.defined()) return add_rms_norm(in.x, in.delta, weight, eps_, kind_);
  return {in.x, forward(in.x)};
}

Origin RMSNorm::origin(const Tensor& x) const {
  return {x, [weight = weight, eps = eps_, kind = kind_](const Tensor& source) {
            return rms_norm(source, weight, eps, kind);
          }};
}

std::shared_ptr<RMSNorm> add_norm(torch::nn::Module& module, const std::string& name, const ModelConfig& c,
                                  NormKind kind) {
  return module.register_module(name, std::make_shared<RMSNorm>(c.hidden_size, c.rms_norm_eps, kind));
}

Attention::Attention(const ModelConfig& c, int64_t layer, const AttentionParts& parts, torch::Dtype compute)
    : layer_(static_cast<size_t>(layer)),
      num_heads_(c.num_attention_heads),
      num_kv_heads_(c.num_key_value_heads),
      head_dim_(c.head_dim),
      rope_(c.layer(layer).rope),
      options_{c.attention_scale, c.layer(layer).window, c.attention_softcap} {
  qkv_ = std::make_unique<JointLinear>(add_qkv(c, parts), compute);
  const auto o_proj = add_linear(*this, "o_proj", num_heads_ * c.head_dim, c.hidden_size,
                                 parts.bias == AttentionParts::Bias::kAll);
  output_ = std::make_unique<JointLinear>(std::vector{o_proj}, compute);
  if (parts.head_norm == AttentionParts::HeadNorm::kNone) return;
  const auto add_head_norm = [&](const char* name, int64_t heads) {
    const int64_t size =
        parts.head_norm == AttentionParts::HeadNorm::kEachHead ? c.head_dim : heads * c.head_dim;
    return register_module(name, std::make_shared<RMSNorm>(size, c.rms_norm_eps, parts.norm_kind))->weight;
  };
  head_norms_.q_weight = add_head_norm("q_norm", num_heads_);
  head_norms_.k_weight = add_head_norm("k_norm", num_kv_heads_);
  head_norms_.eps = c.rms_norm_eps;
  head_norms_.kind = parts.norm_kind;
}

int64_t Attention::kept_by_head_norms() const {
  return head_norms_.q_weight.defined() ? (num_heads_ + 2 * num_kv_heads_) * head_dim_ : 0;
}

std::vector<std::shared_ptr<Linear>> Attention::add_qkv(const ModelConfig& c, const AttentionParts& parts) {
  const auto add = [&](const char* name, int64_t heads) {
    return add_linear(*this, name, c.hidden_size, heads * c.head_dim,
                      parts.bias != AttentionParts::Bias::kNone);
  };
  if (parts.fused_qkv) return {add("qkv_proj", num_heads_ + 2 * num_kv_heads_)};
  return {add("q_proj", num_heads_), add("k_proj", num_kv_heads_), add("v_proj", num_kv_heads_)};
}

Tensor Attention::forward(const Tensor& x, const Origin& origin, const Pass& pass, Dropout* dropout) const {
  const Rotary unturned;
  const Rotary& rotary = rope_ == kNoRope ? unturned : pass.rotaries[static_cast<size_t>(rope_)];
  const QueryKeyValue heads =
      split_rotate(qkv_->forward(x, origin, dropout), rotary, num_heads_, num_kv_heads_, head_norms_);
  return output_->forward(attend(heads, pass.batch).flatten(1), {}, dropout);
}

Tensor Attention::attend(const QueryKeyValue& heads, const TokenBatch& batch) const {
  if (!batch.stores) return tree_attention(heads.q, heads.k, heads.v, batch.plan, options_);
  KeyValueStore& store = (*batch.stores)[layer_];
  store.write(batch.slots, heads.k, heads.v);
  return tree_attention(heads.q, store, batch.plan, options_);
}

FeedForward::FeedForward(const ModelConfig& c, const FeedForwardParts& parts, torch::Dtype compute)
    : activation_(parts.activation) {
  const auto add = [&](const char* name, int64_t out) {
    return add_linear(*this, name, c.hidden_size, out, parts.bias);
  };
  std::vector<std::shared_ptr<Linear>> gate_up;
  if (parts.fused_gate_up) {
    gate_up = {add("gate_up_proj", 2 * c.intermediate_size)};
  } else {
    gate_up = {add("gate_proj", c.intermediate_size), add("up_proj", c.intermediate_size)};
  }
  gate_up_ = std::make_unique<JointLinear>(std::move(gate_up), compute);
  const auto down_proj = add_linear(*this, "down_proj", c.intermediate_size, c.hidden_size, parts.bias);
  down_ = std::make_unique<JointLinear>(std::vector{down_proj}, compute);
}

Tensor FeedForward::forward(const Tensor& x, const Origin& origin, Dropout* dropout) const {
  const Tensor both = gate_up_->forward(x, origin, dropout);
  return down_->forward(activation_(both), {both, activation_}, dropout);
}

DecoderLayer::DecoderLayer(const ModelConfig& config, int64_t layer, const AttentionParts& attention,
                           const FeedForwardParts& feed_forward, torch::Dtype compute) {
  self_attn_ = register_module("self_attn", std::make_shared<Attention>(config, layer, attention, compute));
  mlp_ = register_module("mlp", std::make_shared<FeedForward>(config, feed_forward, compute));
}

std::vector<JointLinear*> DecoderLayer::products() const {
  std::vector<JointLinear*> products = self_attn_->products();
  for (JointLinear* product : mlp_->products()) products.push_back(product);
  return products;
}

std::vector<std::shared_ptr<Linear>> DecoderLayer::matrices() const {
  std::vector<std::shared_ptr<Linear>> matrices;
  for (const JointLinear* product : products())
    matrices.insert(matrices.end(), product->parts().begin(), product->parts().end());
  return matrices;
}

PreNormLayer::PreNormLayer(const ModelConfig& config, int64_t layer, const AttentionParts& attention,
                           const FeedForwardParts& feed_forward, torch::Dtype compute)
    : DecoderLayer(config, layer, attention, feed_forward, compute) {
  input_layernorm_ = add_norm(*this, "input_layernorm", config);
  post_attention_layernorm_ = add_norm(*this, "post_attention_layernorm", config);
}

Stream PreNormLayer::forward(const Stream& in, const Pass& pass, Dropout* dropout) const {
  const auto [x, normed] = input_layernorm_->of_sum(in);
  const Tensor attended = self_attn_->forward(normed, input_layernorm_->origin(x), pass, dropout);
  const auto [y, post_normed] = post_attention_layernorm_->of_sum({x, dropped(attended, dropout)});
  return {y, dropped(mlp_->forward(post_normed, post_attention_layernorm_->origin(y), dropout), dropout)};
}

}  // namespace selfreward
