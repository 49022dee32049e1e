// OLMo 2 (arXiv 2501.00656): norms after attention and feed-forward instead of before, and a norm over all
// heads' q and over all heads' k.
#include "model/families/family.h"

namespace selfreward {
namespace {

class Olmo2Layer : public DecoderLayer {
 public:
  Olmo2Layer(const ModelConfig& c, int64_t layer, const AttentionParts& attention, torch::Dtype compute)
      : DecoderLayer(c, layer, attention, {}, compute) {
    post_attention_layernorm_ = add_norm(*this, "post_attention_layernorm", c, NormKind::kOlmo);
    post_feedforward_layernorm_ = add_norm(*this, "post_feedforward_layernorm", c, NormKind::kOlmo);
  }

  Stream forward(const Stream& in, const Pass& pass, Dropout* dropout) const override {
    const Tensor x = in.sum();
    const Tensor attended = post_attention_layernorm_->forward(self_attn_->forward(x, {}, pass, dropout));
    const Tensor y = x + dropped(attended, dropout);
    return {y, dropped(post_feedforward_layernorm_->forward(mlp_->forward(y, {}, dropout)), dropout)};
  }

  int64_t kept_inputs() const override { return 4; }

 private:
  using Tensor = torch::Tensor;
  std::shared_ptr<RMSNorm> post_attention_layernorm_, post_feedforward_layernorm_;
};

void read_olmo2(const ConfigFile& file, ModelConfig& config) {
  file.require("hidden_act", "silu");
  config.attention_bias = file.boolean("attention_bias", false);
  config.rms_norm_eps = file.number("rms_norm_eps", 1e-5);
  read_single_rope(file, config);
}

std::shared_ptr<DecoderLayer> make_olmo2(const ModelConfig& c, int64_t layer, torch::Dtype compute) {
  const AttentionParts attention{.bias = bias_everywhere(c.attention_bias),
                                 .head_norm = AttentionParts::HeadNorm::kAllHeads,
                                 .norm_kind = NormKind::kOlmo};
  return std::make_shared<Olmo2Layer>(c, layer, attention, compute);
}

}  // namespace

const Family kOlmo2{.model_type = "olmo2",
                    .architecture = "Olmo2ForCausalLM",
                    .read = read_olmo2,
                    .make_layer = make_olmo2,
                    .norm = NormKind::kOlmo};

}  // namespace selfreward
