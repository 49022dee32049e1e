#include "train/optimizer.h"

#include "model/families/config_json.h"
#include "support/golden_training.h"
#include "train/sft.h"

using namespace selfreward;
using torch::Tensor;

namespace {

/// A random model of the fixture's shape.
std::shared_ptr<CausalLM> random_model(bool tied, torch::Dtype compute) {
  ModelConfig config = load_model_config(kFixtures / "tiny_llama");
  config.tie_word_embeddings = tied;
  auto model = std::make_shared<CausalLM>(config, compute);
  model->initialize(/*seed=*/5, /*std=*/0.05);
  return model;
}

std::vector<SftRow> rows_with_repeats() {
  std::vector<SftRow> rows;
  for (int64_t i = 0; i < 6; ++i) rows.push_back({{5, 5, 6 + i}, {5, 60 + i, 5, 2}});
  return rows;
}

/// Gradients of one step in float32, by name.
std::map<std::string, Tensor> gradients(CausalLM& model, int64_t micro_batch_tokens) {
  TrainSettings settings;
  settings.micro_batch_tokens = micro_batch_tokens;
  const AdamW optimizer(model, settings);
  accumulate_sft(model, rows_with_repeats(), {/*number=*/0, {0, 1, 2, 3, 4, 5}, Seed(1)}, settings);
  std::map<std::string, Tensor> made;
  for (const auto& item : model.named_parameters())
    made[item.key()] = item.value().grad().to(at::kFloat).clone();
  return made;
}

double relative_error(const Tensor& x, const Tensor& wanted) {
  return ((x - wanted).norm() / wanted.norm()).item<double>();
}

}  // namespace

TEST_CASE("the gradient of a tied embedding is that of looking up and of the output together") {
  const auto tied = random_model(true, at::kFloat), untied = random_model(false, at::kFloat);
  const at::NoGradGuard no_grad;
  for (const auto& item : untied->named_parameters())
    item.value().copy_(
        tied->named_parameters()[item.key() == "lm_head.weight" ? "model.embed_tokens.weight" : item.key()]);
  const at::AutoGradMode grad(true);
  const auto of_tied = gradients(*tied, 1000), of_untied = gradients(*untied, 1000);
  const Tensor both = of_untied.at("model.embed_tokens.weight") + of_untied.at("lm_head.weight");
  CHECK(relative_error(of_tied.at("model.embed_tokens.weight"), both) < 1e-6);
}

TEST_CASE(
    "in bfloat16 any split into micro-batches gives the gradient of one batch, and both that of float32") {
  for (const bool tied : {true, false}) {
    const auto wanted = gradients(*random_model(tied, at::kFloat), 1000);
    const auto whole = gradients(*random_model(tied, at::kBFloat16), 1000);
    const auto split = gradients(*random_model(tied, at::kBFloat16), 1);
    for (const auto& [name, gradient] : wanted) {
      INFO(name, ", tied ", tied);
      CHECK(relative_error(whole.at(name), gradient) < 0.03);
      CHECK(relative_error(split.at(name), gradient) < 0.03);
      CHECK(relative_error(split.at(name), whole.at(name)) < 0.03);
    }
  }
}

TEST_CASE("while a bfloat16 model trains its matrices are bfloat16, afterwards all is float32 again") {
  const auto model = random_model(true, at::kBFloat16);
  const auto dtype = [&](const char* name) { return model->named_parameters()[name].scalar_type(); };
  const Tensor before = model->named_parameters()["model.layers.0.self_attn.k_proj.weight"].clone();
  {
    const AdamW optimizer(*model, {});
    CHECK((dtype("model.layers.0.self_attn.k_proj.weight") == at::kBFloat16));
    CHECK((dtype("model.norm.weight") == at::kFloat));
  }
  CHECK((dtype("model.norm.weight") == at::kFloat));
  CHECK(at::equal(model->named_parameters()["model.layers.0.self_attn.k_proj.weight"], before));
}

TEST_CASE("steps are seen by the next forward pass, also after a generation in between") {
  for (const auto compute : {at::kFloat, at::kBFloat16}) {
    const auto model = random_model(true, compute);
    AdamW optimizer(*model, {});
    const auto loss = [&] {
      TrainSettings settings;
      return accumulate_sft(*model, rows_with_repeats(), {/*number=*/0, {0, 1}, Seed(1)}, settings);
    };
    const double first = loss();
    optimizer.step(1e-2);
    { const InferenceScope scope(*model); }
    const double second = loss();
    optimizer.step(1e-2);
    CHECK(second < first - 0.01);
    CHECK(loss() < second - 0.01);
  }
}
