#include "model/policy/causal_lm.h"

#include <cmath>

#include "model/families/family.h"
#include "model/layers/recomputed_layer.h"
#include "model/ops/embedding.h"
#include "model/ops/log_probs.h"

namespace selfreward {

using torch::Tensor;

CausalLM::CausalLM(const ModelConfig& config, torch::Dtype compute) : config_(config), compute_(compute) {
  const Family& family = family_of(config.model_type, "the model");
  body_ = register_module("model", std::make_shared<torch::nn::Module>());
  embed_tokens_ = body_->register_module("embed_tokens", std::make_shared<torch::nn::Module>());
  embedding_ =
      embed_tokens_->register_parameter("weight", new_weight({config.vocab_size, config.hidden_size}));
  const auto list = body_->register_module("layers", std::make_shared<torch::nn::Module>());
  for (int64_t i = 0; i < config.num_hidden_layers; ++i)
    layers_.push_back(list->register_module(std::to_string(i), family.make_layer(config, i, compute)));
  norm_ = add_norm(*body_, "norm", config, family.norm);
  if (!config.tie_word_embeddings)
    lm_head_ = add_linear(*this, "lm_head", config.hidden_size, config.vocab_size);
  const auto output = lm_head_ ? lm_head_ : std::make_shared<Linear>(embedding_);
  output_ = std::make_shared<JointLinear>(std::vector{output}, compute);
  if (config.ropes.empty()) config_.ropes = {plain_rope(config.head_dim, config.rope_theta)};
  if (family.scaled_embedding) embedding_scale_ = std::sqrt(static_cast<double>(config.hidden_size));
}

CausalLM::~CausalLM() = default;

torch::Device CausalLM::device() const {
  return embedding_.device();
}

Tensor CausalLM::embedded(const Tensor& ids) const {
  // A tied embedding gets a dense gradient from the output anyway, so the few rows looked up are added to it.
  const Tensor rows = embed(embedding_, ids, /*sparse_gradient=*/!lm_head_).to(compute_);
  // transformers rounds the scale to the weights' dtype
  return embedding_scale_ ? rows * at::scalar_tensor(*embedding_scale_, rows.options()) : rows;
}

std::vector<Rotary> CausalLM::rotaries(const Tensor& positions) const {
  std::vector<Rotary> rotaries;
  for (const RopeConfig& rope : config_.ropes)
    rotaries.push_back(
        rotary(positions, torch::tensor(rope.inv_freq).to(positions.device()), rope.attention_factor));
  return rotaries;
}

Tensor CausalLM::hidden_states(const TokenBatch& batch, Dropout* dropout) const {
  Stream stream{embedded(batch.ids), {}};
  const auto pass = std::make_shared<const Pass>(Pass{batch, rotaries(batch.positions)});
  const bool recompute = recompute_layers_ && at::GradMode::is_enabled();
  if (recompute && !stream.x.requires_grad())
    stream.x.requires_grad_();  // else a frozen embedding hides the adapters
  for (const auto& layer : layers_) {
    const RunLayer run = [pass, layer](const Stream& in, Dropout* drop) {
      return layer->forward(in, *pass, drop);
    };
    stream = recompute ? recomputed(stream, run, dropout) : run(stream, dropout);
  }
  return norm_->of_sum(stream).second;
}

const Tensor& CausalLM::output_weight() const {
  return lm_head_ ? lm_head_->weight : embedding_;
}

void CausalLM::join_products() {
  for (JointLinear* product : products()) product->join();
}

void CausalLM::freeze_base(const LoraSettings& adapter) {
  adapter_ = adapter;
  const at::NoGradGuard no_grad;
  const auto adapters = adapter_parameters();
  for (auto& item : named_parameters()) {
    item.value().set_requires_grad(false);
    const bool is_matrix = item.value().dim() == 2 && !adapters.contains(item.value().unsafeGetTensorImpl());
    item.value().set_data(item.value().to(device(), is_matrix ? compute_ : item.value().scalar_type()));
  }
  join_products();
}

void CausalLM::merge_adapter() {
  const at::NoGradGuard no_grad;
  for (const auto& module : modules(/*include_self=*/false))
    if (const auto linear = std::dynamic_pointer_cast<Linear>(module)) linear->merge_adapter();
  adapter_.reset();
}

/// They hang on the matrices of the layers.
std::set<const c10::TensorImpl*> CausalLM::adapter_parameters() const {
  std::set<const c10::TensorImpl*> parameters;
  for (const auto& layer : layers_)
    for (const auto& matrix : layer->matrices())
      for (const Tensor& parameter : matrix->adapter_parameters())
        parameters.insert(parameter.unsafeGetTensorImpl());
  return parameters;
}

std::vector<std::pair<std::string, Tensor>> CausalLM::trainable_parameters() const {
  std::vector<std::pair<std::string, Tensor>> trainable;
  const auto adapters = adapter_parameters();
  for (const auto& item : named_parameters())
    if (!adapter_ || adapters.contains(item.value().unsafeGetTensorImpl()))
      trainable.emplace_back(item.key(), item.value());
  return trainable;
}

Tensor CausalLM::logits(const Tensor& hidden) const {
  const Tensor logits = output_->forward(hidden);
  if (config_.logit_softcap == 0) return logits;
  return softcapped(logits, config_.logit_softcap);
}

Tensor CausalLM::logits_of(const Tensor& hidden, const Tensor& ids) const {
  const Tensor weight = output_weight().index_select(0, ids).to(at::kFloat);
  const Tensor logits = hidden.to(at::kFloat).matmul(weight.t());
  return config_.logit_softcap == 0 ? logits : softcapped(logits, config_.logit_softcap);
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
    for (JointLinear* product : layer->products()) products.push_back(product);
  return products;
}

InferenceScope::InferenceScope(CausalLM& model) : model_(model) {
  const c10::InferenceMode mode;
  for (JointLinear* product : model_.products()) product->pack();
}

InferenceScope::~InferenceScope() {
  const c10::InferenceMode mode;
  for (JointLinear* product : model_.products()) product->unpack();
}

}  // namespace selfreward
