#include "model/causal_lm.h"

#include "model/checkpoint.h"
#include "model/tree_attention.h"

namespace selfreward {

using torch::Tensor;

namespace {

Tensor dropped(const Tensor& x, Dropout* dropout) {
  if (!dropout || dropout->probability == 0) return x;
  const Tensor keep = at::empty_like(x, x.options().requires_grad(false))
                          .bernoulli_(1 - dropout->probability, dropout->generator);
  return x * keep / (1 - dropout->probability);
}

}  // namespace

/// Grouped-query attention with rotary positions; "self_attn" of the checkpoint.
class Attention : public torch::nn::Module {
 public:
  Attention(const ModelConfig& c, torch::Dtype compute)
      : num_heads_(c.num_attention_heads), num_kv_heads_(c.num_key_value_heads), head_dim_(c.head_dim) {
    q_proj =
        register_module("q_proj", std::make_shared<Linear>(c.hidden_size, num_heads_ * head_dim_, compute));
    k_proj = register_module("k_proj",
                             std::make_shared<Linear>(c.hidden_size, num_kv_heads_ * head_dim_, compute));
    v_proj = register_module("v_proj",
                             std::make_shared<Linear>(c.hidden_size, num_kv_heads_ * head_dim_, compute));
    o_proj =
        register_module("o_proj", std::make_shared<Linear>(num_heads_ * head_dim_, c.hidden_size, compute));
  }

  Tensor forward(const Tensor& x, const TokenBatch& batch, const Rotary& angles, size_t layer) const {
    const int64_t tokens = x.size(0);
    const Tensor q = rotate(q_proj->forward(x).view({tokens, num_heads_, head_dim_}), angles);
    const Tensor k = rotate(k_proj->forward(x).view({tokens, num_kv_heads_, head_dim_}), angles);
    const Tensor v = v_proj->forward(x).view({tokens, num_kv_heads_, head_dim_});
    return o_proj->forward(attend(q, k, v, batch, layer).view({tokens, num_heads_ * head_dim_}));
  }

  std::shared_ptr<Linear> q_proj, k_proj, v_proj, o_proj;

 private:
  static Tensor attend(const Tensor& q, const Tensor& k, const Tensor& v, const TokenBatch& batch,
                       size_t layer) {
    if (!batch.stores) return tree_attention(q, k, v, batch.plan);
    KeyValueStore& store = (*batch.stores)[layer];
    store.write(batch.slots, k, v);
    return tree_attention(q, store, batch.plan);
  }

  int64_t num_heads_, num_kv_heads_, head_dim_;
};

/// SwiGLU (Shazeer 2020, arXiv 2002.05202): down(silu(gate(x)) * up(x)).
class FeedForward : public torch::nn::Module {
 public:
  FeedForward(const ModelConfig& c, torch::Dtype compute) {
    gate_proj =
        register_module("gate_proj", std::make_shared<Linear>(c.hidden_size, c.intermediate_size, compute));
    up_proj =
        register_module("up_proj", std::make_shared<Linear>(c.hidden_size, c.intermediate_size, compute));
    down_proj =
        register_module("down_proj", std::make_shared<Linear>(c.intermediate_size, c.hidden_size, compute));
  }
  Tensor forward(const Tensor& x) const {
    return down_proj->forward(at::silu(gate_proj->forward(x)) * up_proj->forward(x));
  }

  std::shared_ptr<Linear> gate_proj, up_proj, down_proj;
};

class DecoderLayer : public torch::nn::Module {
 public:
  DecoderLayer(const ModelConfig& c, torch::Dtype compute) {
    input_layernorm =
        register_module("input_layernorm", std::make_shared<RMSNorm>(c.hidden_size, c.rms_norm_eps));
    self_attn = register_module("self_attn", std::make_shared<Attention>(c, compute));
    post_attention_layernorm =
        register_module("post_attention_layernorm", std::make_shared<RMSNorm>(c.hidden_size, c.rms_norm_eps));
    mlp = register_module("mlp", std::make_shared<FeedForward>(c, compute));
  }

  Tensor forward(Tensor x, const TokenBatch& batch, const Rotary& angles, size_t layer,
                 Dropout* dropout) const {
    x = x + dropped(self_attn->forward(input_layernorm->forward(x), batch, angles, layer), dropout);
    return x + dropped(mlp->forward(post_attention_layernorm->forward(x)), dropout);
  }

  std::shared_ptr<RMSNorm> input_layernorm, post_attention_layernorm;
  std::shared_ptr<Attention> self_attn;
  std::shared_ptr<FeedForward> mlp;
};

CausalLM::CausalLM(const ModelConfig& config, torch::Dtype compute) : config_(config), compute_(compute) {
  body_ = register_module("model", std::make_shared<torch::nn::Module>());
  embed_tokens_ = body_->register_module("embed_tokens", std::make_shared<torch::nn::Module>());
  embedding_ =
      embed_tokens_->register_parameter("weight", at::empty({config.vocab_size, config.hidden_size}));
  const auto list = body_->register_module("layers", std::make_shared<torch::nn::Module>());
  for (int64_t i = 0; i < config.num_hidden_layers; ++i)
    layers_.push_back(
        list->register_module(std::to_string(i), std::make_shared<DecoderLayer>(config, compute)));
  norm_ = body_->register_module("norm", std::make_shared<RMSNorm>(config.hidden_size, config.rms_norm_eps));
  if (!config.tie_word_embeddings)
    lm_head_ =
        register_module("lm_head", std::make_shared<Linear>(config.hidden_size, config.vocab_size, compute));
}

CausalLM::~CausalLM() = default;

torch::Device CausalLM::device() const {
  return embedding_.device();
}

Tensor CausalLM::hidden_states(const TokenBatch& batch, Dropout* dropout) const {
  Tensor x = at::embedding(embedding_, batch.ids).to(compute_);
  const Rotary angles = rotary(batch.positions, config_.head_dim, config_.rope_theta);
  for (size_t i = 0; i < layers_.size(); ++i) x = layers_[i]->forward(x, batch, angles, i, dropout);
  return norm_->forward(x);
}

const Tensor& CausalLM::output_weight() const {
  return lm_head_ ? lm_head_->weight : embedding_;
}

Tensor CausalLM::logits(const Tensor& hidden) const {
  if (packed_output_.defined() && !at::GradMode::is_enabled()) return packed_linear(hidden, packed_output_);
  return at::linear(hidden, output_weight().to(compute_));
}

void CausalLM::load_tensors(const TensorMap& tensors, const std::string& where) {
  check_checkpoint_tensors(config_, tensors, where);
  const at::NoGradGuard no_grad;
  for (auto& item : named_parameters()) item.value().set_data(tensors.at(item.key()).clone());
}

void CausalLM::initialize(uint64_t seed, double std) {
  const at::NoGradGuard no_grad;
  auto generator = at::detail::createCPUGenerator(seed);
  for (auto& item : named_parameters())
    if (item.value().dim() == 2) {
      item.value().normal_(0, std, generator);
    } else {
      item.value().fill_(1);
    }
}

std::vector<KeyValueStore> CausalLM::make_stores(int64_t slots) const {
  const auto options = at::TensorOptions().dtype(compute_).device(device());
  std::vector<KeyValueStore> stores;
  for (int64_t i = 0; i < config_.num_hidden_layers; ++i)
    stores.emplace_back(slots, config_.num_key_value_heads, config_.head_dim, options);
  return stores;
}

InferenceScope::InferenceScope(CausalLM& model) : model_(model) {
  for (const auto& module : model.modules(/*include_self=*/false))
    if (auto* linear = dynamic_cast<Linear*>(module.get()); linear && linear != model.lm_head_.get())
      linear->pack();
  model.packed_output_ = pack_weight(model.output_weight(), model.compute_);
}

InferenceScope::~InferenceScope() {
  for (const auto& module : model_.modules(/*include_self=*/false))
    if (auto* linear = dynamic_cast<Linear*>(module.get())) linear->unpack();
  model_.packed_output_ = torch::Tensor();
}

}  // namespace selfreward
