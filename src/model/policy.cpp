#include "model/policy.h"

#include <ATen/Context.h>

namespace selfreward {
namespace {

torch::Device parse_device(const std::string& name) {
  if (name == "auto") return at::hasCUDA() ? torch::Device("cuda") : torch::Device("cpu");
  check(name != "cuda" || at::hasCUDA(),
        "[policy] device 'cuda' was asked for, but this build or machine has none");
  return torch::Device(name);
}

}  // namespace

Policy Policy::load(const fs::path& dir, const ComputeOptions& compute) {
  check(fs::is_directory(dir), "[policy] ", dir.string(),
        " is not a directory; a Hugging Face checkpoint directory ",
        "(config.json, model.safetensors, tokenizer.json) is wanted");
  const ModelConfig config = load_model_config(dir);
  auto model = std::make_shared<CausalLM>(config, parse_dtype(compute.dtype));
  model->load_tensors(read_checkpoint_tensors(dir), dir.string());
  model->to(parse_device(compute.device));
  return Policy(std::move(model), ChatFormat::load(dir, config.eos_token_ids), read_side_files(dir));
}

void Policy::save(const fs::path& dir, const std::string& save_dtype) const {
  NamedTensors tensors;
  for (const auto& item : model_->named_parameters()) tensors.emplace_back(item.key(), item.value().detach());
  write_checkpoint(dir, side_files_, config(), tensors,
                   parse_dtype(save_dtype == "auto" ? config().dtype : save_dtype));
}

}  // namespace selfreward
