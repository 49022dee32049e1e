// Gemma 2 (arXiv 2408.00118): norms before and after attention and feed-forward, GeGLU, every other layer
// with a sliding window, scores and logits capped. Gemma 3 (arXiv 2503.19786), text: no caps, but norms of
// each head's q and k; five layers of six slide and turn by frequencies of their own.
#include "model/families/family.h"

namespace selfreward {
namespace {

using torch::Tensor;

constexpr int kGlobalRope = 0, kLocalRope = 1;

class GemmaLayer : public DecoderLayer {
 public:
  GemmaLayer(const ModelConfig& c, int64_t layer, const AttentionParts& attention, torch::Dtype compute)
      : DecoderLayer(c, layer, attention, {.activation = geglu}, compute) {
    const auto add = [&](const char* name) { return add_norm(*this, name, c, NormKind::kGemma); };
    input_layernorm_ = add("input_layernorm");
    post_attention_layernorm_ = add("post_attention_layernorm");
    pre_feedforward_layernorm_ = add("pre_feedforward_layernorm");
    post_feedforward_layernorm_ = add("post_feedforward_layernorm");
  }

  Stream forward(const Stream& in, const Pass& pass, Dropout* dropout) const override {
    const auto [x, normed] = input_layernorm_->of_sum(in);
    const Tensor attended = post_attention_layernorm_->forward(
        self_attn_->forward(normed, input_layernorm_->origin(x), pass, dropout));
    const auto [y, pre_normed] = pre_feedforward_layernorm_->of_sum({x, dropped(attended, dropout)});
    const Tensor fed = mlp_->forward(pre_normed, pre_feedforward_layernorm_->origin(y), dropout);
    return {y, dropped(post_feedforward_layernorm_->forward(fed), dropout)};
  }

  int64_t kept_inputs() const override { return 4; }

 private:
  std::shared_ptr<RMSNorm> input_layernorm_, post_attention_layernorm_, pre_feedforward_layernorm_,
      post_feedforward_layernorm_;
};

/// Null is off.
double read_softcap(const ConfigFile& file, const char* key, double otherwise) {
  return file.json().contains(key) ? file.number(key, 0) : otherwise;
}

void read_gemma(const ConfigFile& file, ModelConfig& config) {
  const char* activation = file.get("hidden_activation").is_null() ? "hidden_act" : "hidden_activation";
  file.require(activation, "gelu_pytorch_tanh");
  file.require("use_bidirectional_attention", false);
  config.head_dim = file.integer("head_dim", 256);
  config.attention_bias = file.boolean("attention_bias", false);
  config.attention_scale = 1 / std::sqrt(file.number("query_pre_attn_scalar", 256));
}

void read_gemma2(const ConfigFile& file, ModelConfig& config) {
  read_gemma(file, config);
  config.attention_softcap = read_softcap(file, "attn_logit_softcapping", 50);
  config.logit_softcap = read_softcap(file, "final_logit_softcapping", 30);
  read_windows(file, config, file.integer("sliding_window", 4096), [](int64_t i) { return i % 2 == 0; });
  read_single_rope(file, config);
}

/// rope_parameters of transformers 5: null, or an object for each kind of layer.
Json ropes_by_kind(const ConfigFile& file) {
  const Json ropes = file.get("rope_parameters");
  if (ropes.is_null()) return Json::object();
  const auto bad = [&] {
    file.refuse("rope_parameters", ropes, "full_attention and sliding_attention, an object each");
  };
  if (!ropes.is_object()) bad();
  for (const auto& [kind, rope] : ropes.items())
    if ((kind != "full_attention" && kind != "sliding_attention") || !(rope.is_object() || rope.is_null()))
      bad();
  return ropes;
}

/// rope_scaling of transformers 4, which changes the rope of the layers that see all.
Json scaling_of_full(const ConfigFile& file) {
  const Json scaling = file.get("rope_scaling");
  if (scaling.is_null()) return Json::object();
  if (!scaling.is_object() || (scaling.contains("type") && !scaling.contains("rope_type")))
    file.refuse("rope_scaling", scaling,
                "an object with rope_type (transformers looks at no other name here)");
  return scaling;
}

/// Of the layers that see all, and of the others. transformers 4 has rope_theta and rope_scaling of the
/// first, rope_local_base_freq of the second; 5 has rope_parameters, whose theta goes before the others.
std::vector<RopeConfig> read_ropes(const ConfigFile& file, const ModelConfig& config) {
  const Json by_kind = ropes_by_kind(file);
  const auto read = [&](const char* kind, const Json& scaling, const char* theta_key, double theta) {
    Json settings = by_kind.value(kind, Json());
    if (settings.is_null()) settings = Json::object();
    settings.update(scaling);
    if (!settings.contains("rope_theta")) settings["rope_theta"] = file.number(theta_key, theta);
    return read_rope(file, with_rope_type(file, settings), {config.head_dim, config.max_position_embeddings});
  };
  return {read("full_attention", scaling_of_full(file), "rope_theta", 1000000.0),
          read("sliding_attention", Json::object(), "rope_local_base_freq", 10000.0)};
}

void read_gemma3(const ConfigFile& file, ModelConfig& config) {
  read_gemma(file, config);  // attn_logit_softcapping is stored by transformers, but not applied
  config.logit_softcap = read_softcap(file, "final_logit_softcapping", 0);
  const int64_t pattern = file.integer("sliding_window_pattern", 6);
  if (pattern <= 0) file.refuse("sliding_window_pattern", pattern, "a positive number");
  read_windows(file, config, file.integer("sliding_window", 4096),
               [pattern](int64_t i) { return (i + 1) % pattern != 0; });
  config.ropes = read_ropes(file, config);
  for (LayerConfig& layer : config.layers) layer.rope = layer.window > 0 ? kLocalRope : kGlobalRope;
}

std::shared_ptr<DecoderLayer> make_gemma2(const ModelConfig& c, int64_t layer, torch::Dtype compute) {
  const AttentionParts attention{.bias = bias_everywhere(c.attention_bias)};
  return std::make_shared<GemmaLayer>(c, layer, attention, compute);
}

std::shared_ptr<DecoderLayer> make_gemma3(const ModelConfig& c, int64_t layer, torch::Dtype compute) {
  const AttentionParts attention{.bias = bias_everywhere(c.attention_bias),
                                 .head_norm = AttentionParts::HeadNorm::kEachHead,
                                 .norm_kind = NormKind::kGemma};
  return std::make_shared<GemmaLayer>(c, layer, attention, compute);
}

}  // namespace

const Family kGemma2{"gemma2", "Gemma2ForCausalLM", read_gemma2, make_gemma2, true, NormKind::kGemma, true};
const Family kGemma3{"gemma3_text", "Gemma3ForCausalLM", read_gemma3, make_gemma3,
                     true,          NormKind::kGemma,    true};

}  // namespace selfreward
