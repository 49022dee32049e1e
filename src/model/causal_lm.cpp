#include "model/causal_lm.h"

#include <torch/csrc/autograd/autograd.h>

#include "model/checkpoint.h"
#include "model/embedding.h"
#include "model/fused_ops.h"
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

std::shared_ptr<Linear> add_linear(torch::nn::Module& module, const char* name, int64_t in, int64_t out) {
  return module.register_module(name, std::make_shared<Linear>(in, out));
}

}  // namespace

/// Grouped-query attention with rotary positions; "self_attn" of the checkpoint.
class Attention : public torch::nn::Module {
 public:
  Attention(const ModelConfig& c, torch::Dtype compute)
      : num_heads_(c.num_attention_heads),
        num_kv_heads_(c.num_key_value_heads),
        q_proj_(add_linear(*this, "q_proj", c.hidden_size, num_heads_ * c.head_dim)),
        k_proj_(add_linear(*this, "k_proj", c.hidden_size, num_kv_heads_ * c.head_dim)),
        v_proj_(add_linear(*this, "v_proj", c.hidden_size, num_kv_heads_ * c.head_dim)),
        o_proj_(add_linear(*this, "o_proj", num_heads_ * c.head_dim, c.hidden_size)),
        qkv({q_proj_->weight, k_proj_->weight, v_proj_->weight}, compute),
        output({o_proj_->weight}, compute) {}

  Tensor forward(const Tensor& x, const Origin& origin, const TokenBatch& batch, const Rotary& angles,
                 size_t layer) const {
    const auto [q, k, v] = split_rotate(qkv.forward(x, origin), angles, num_heads_, num_kv_heads_);
    return output.forward(attend(q, k, v, batch, layer).flatten(1));
  }

 private:
  static Tensor attend(const Tensor& q, const Tensor& k, const Tensor& v, const TokenBatch& batch,
                       size_t layer) {
    if (!batch.stores) return tree_attention(q, k, v, batch.plan);
    KeyValueStore& store = (*batch.stores)[layer];
    store.write(batch.slots, k, v);
    return tree_attention(q, store, batch.plan);
  }

  int64_t num_heads_, num_kv_heads_;
  std::shared_ptr<Linear> q_proj_, k_proj_, v_proj_, o_proj_;

 public:
  JointLinear qkv, output;
};

/// SwiGLU (Shazeer 2020, arXiv 2002.05202): down(silu(gate(x)) * up(x)).
class FeedForward : public torch::nn::Module {
 public:
  FeedForward(const ModelConfig& c, torch::Dtype compute)
      : gate_proj_(add_linear(*this, "gate_proj", c.hidden_size, c.intermediate_size)),
        up_proj_(add_linear(*this, "up_proj", c.hidden_size, c.intermediate_size)),
        down_proj_(add_linear(*this, "down_proj", c.intermediate_size, c.hidden_size)),
        gate_up({gate_proj_->weight, up_proj_->weight}, compute),
        down({down_proj_->weight}, compute) {}

  Tensor forward(const Tensor& x, const Origin& origin) const {
    const Tensor both = gate_up.forward(x, origin);
    return down.forward(swiglu(both), {both, swiglu});
  }

 private:
  std::shared_ptr<Linear> gate_proj_, up_proj_, down_proj_;

 public:
  JointLinear gate_up, down;
};

/// What flows from layer to layer: the residual stream and what the last block adds to it, which is added
/// where the next norm reads it.
struct Stream {
  Tensor x, delta;  // both [tokens, hidden]; delta is undefined before the first layer
};

class DecoderLayer : public torch::nn::Module {
 public:
  DecoderLayer(const ModelConfig& c, torch::Dtype compute) : eps_(c.rms_norm_eps) {
    input_layernorm_ = register_module("input_layernorm", std::make_shared<RMSNorm>(c.hidden_size));
    self_attn = register_module("self_attn", std::make_shared<Attention>(c, compute));
    post_attention_layernorm_ =
        register_module("post_attention_layernorm", std::make_shared<RMSNorm>(c.hidden_size));
    mlp = register_module("mlp", std::make_shared<FeedForward>(c, compute));
  }

  Stream forward(const Stream& in, const TokenBatch& batch, const Rotary& angles, size_t layer,
                 Dropout* dropout) const {
    const auto [before, normed] = add_norm(in, *input_layernorm_, eps_);
    const Tensor attended = dropped(
        self_attn->forward(normed, norm_of(before, *input_layernorm_), batch, angles, layer), dropout);
    const auto [x, post_normed] = add_rms_norm(before, attended, post_attention_layernorm_->weight, eps_);
    return {x, dropped(mlp->forward(post_normed, norm_of(x, *post_attention_layernorm_)), dropout)};
  }

  /// {x + delta, its norm}
  static std::pair<Tensor, Tensor> add_norm(const Stream& in, const RMSNorm& norm, double eps) {
    if (in.delta.defined()) return add_rms_norm(in.x, in.delta, norm.weight, eps);
    return {in.x, rms_norm(in.x, norm.weight, eps)};
  }

  std::shared_ptr<Attention> self_attn;
  std::shared_ptr<FeedForward> mlp;

 private:
  Origin norm_of(const Tensor& x, const RMSNorm& norm) const {
    return {x, [weight = norm.weight, eps = eps_](const Tensor& source) {
              return rms_norm(source, weight, eps);
            }};
  }

  std::shared_ptr<RMSNorm> input_layernorm_, post_attention_layernorm_;
  double eps_;
};

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// A layer of which only the input is kept; its backward pass runs the forward pass again first (Chen et al.
/// 2016, arXiv 1604.06174). Gradients of the layer's parameters are added to them in the inner pass.
using RunLayer = std::function<Stream(const Stream&, Dropout*)>;

struct LayerHolder : torch::CustomClassHolder {
  RunLayer run;
  std::optional<Dropout> dropout;  // as it was before the forward pass
};

class RecomputedLayer : public torch::autograd::Function<RecomputedLayer> {
 public:
  static variable_list forward(AutogradContext* context, const Tensor& x, const Tensor& delta,
                               const RunLayer& run, Dropout* dropout) {
    auto held = c10::make_intrusive<LayerHolder>();
    held->run = run;
    if (dropout) held->dropout = Dropout{dropout->probability, dropout->generator.clone()};
    context->save_for_backward({x, delta});
    context->saved_data["layer"] = c10::IValue::make_capsule(held);
    const Stream out = run({x, delta}, dropout);
    return {out.x, out.delta};
  }

  static variable_list backward(AutogradContext* context, variable_list grads) {
    const auto saved = context->get_saved_variables();
    const auto capsule = context->saved_data["layer"].toCapsule();
    auto& held = static_cast<LayerHolder&>(*capsule);
    const Stream in{saved[0].detach().requires_grad_(), saved[1].detach().requires_grad_()};
    const at::AutoGradMode enable(true);
    const Stream out = held.run(in, held.dropout ? &*held.dropout : nullptr);
    torch::autograd::backward({out.x, out.delta}, grads);
    return {in.x.grad(), in.delta.grad(), Tensor(), Tensor()};
  }
};

}  // namespace

CausalLM::CausalLM(const ModelConfig& config, torch::Dtype compute) : config_(config), compute_(compute) {
  body_ = register_module("model", std::make_shared<torch::nn::Module>());
  embed_tokens_ = body_->register_module("embed_tokens", std::make_shared<torch::nn::Module>());
  embedding_ =
      embed_tokens_->register_parameter("weight", at::empty({config.vocab_size, config.hidden_size}));
  const auto list = body_->register_module("layers", std::make_shared<torch::nn::Module>());
  for (int64_t i = 0; i < config.num_hidden_layers; ++i)
    layers_.push_back(
        list->register_module(std::to_string(i), std::make_shared<DecoderLayer>(config, compute)));
  norm_ = body_->register_module("norm", std::make_shared<RMSNorm>(config.hidden_size));
  if (!config.tie_word_embeddings)
    lm_head_ = register_module("lm_head", std::make_shared<Linear>(config.hidden_size, config.vocab_size));
  output_ = std::make_shared<JointLinear>(std::vector<Tensor>{output_weight()}, compute);
}

CausalLM::~CausalLM() = default;

torch::Device CausalLM::device() const {
  return embedding_.device();
}

Tensor CausalLM::hidden_states(const TokenBatch& batch, Dropout* dropout) const {
  // A tied embedding gets a dense gradient from the output anyway, so the few rows looked up are added to it.
  Stream stream{embed(embedding_, batch.ids, /*sparse_gradient=*/!lm_head_).to(compute_), {}};
  const Rotary angles = rotary(batch.positions, config_.head_dim, config_.rope_theta);
  const bool recompute = recompute_layers_ && at::GradMode::is_enabled();
  if (recompute) stream.delta = at::zeros_like(stream.x);  // a kept input has to be a tensor
  // The backward pass outlives this call, so it keeps its own batch.
  const auto kept = recompute ? std::make_shared<const TokenBatch>(batch)
                              : std::shared_ptr<const TokenBatch>(std::shared_ptr<void>(), &batch);
  for (size_t i = 0; i < layers_.size(); ++i) {
    const RunLayer run = [kept, angles, i, layer = layers_[i]](const Stream& in, Dropout* drop) {
      return layer->forward(in, *kept, angles, i, drop);
    };
    if (recompute) {
      const auto out = RecomputedLayer::apply(stream.x, stream.delta, run, dropout);
      stream = {out[0], out[1]};
    } else {
      stream = run(stream, dropout);
    }
  }
  return DecoderLayer::add_norm(stream, *norm_, config_.rms_norm_eps).second;
}

const Tensor& CausalLM::output_weight() const {
  return lm_head_ ? lm_head_->weight : embedding_;
}

void CausalLM::join_products() {
  for (JointLinear* product : products()) product->join();
}

Tensor CausalLM::logits(const Tensor& hidden) const {
  return output_->forward(hidden);
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

std::vector<JointLinear*> CausalLM::products() const {
  std::vector<JointLinear*> products{output_.get()};
  for (const auto& layer : layers_)
    for (JointLinear* product :
         {&layer->self_attn->qkv, &layer->self_attn->output, &layer->mlp->gate_up, &layer->mlp->down})
      products.push_back(product);
  return products;
}

InferenceScope::InferenceScope(CausalLM& model) : model_(model) {
  for (JointLinear* product : model_.products()) product->pack();
}

InferenceScope::~InferenceScope() {
  for (JointLinear* product : model_.products()) product->unpack();
}

}  // namespace selfreward
