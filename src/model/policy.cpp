#include "model/policy.h"

#include "model/device.h"

namespace selfreward {

Policy Policy::load(const fs::path& dir, const ComputeOptions& compute) {
  check(fs::is_directory(dir), "[policy] ", dir.string(),
        " is not a directory; a Hugging Face checkpoint directory ",
        "(config.json, model.safetensors, tokenizer.json) is wanted");
  const torch::Device device = pick_device(compute.device);
  const ModelConfig config = load_model_config(dir);
  auto model = std::make_shared<CausalLM>(config, parse_dtype(compute.dtype));
  model->load_tensors(read_checkpoint_tensors(dir), dir.string());
  model->to(device);
  return Policy(std::move(model), ChatFormat::load(dir, config.eos_token_ids), read_side_files(dir));
}

void Policy::save(const fs::path& dir, const std::string& save_dtype) const {
  NamedTensors tensors;
  for (const auto& item : model_->named_parameters()) tensors.emplace_back(item.key(), item.value().detach());
  write_checkpoint(dir, side_files_, config(), tensors,
                   parse_dtype(save_dtype == "auto" ? config().dtype : save_dtype));
}

}  // namespace selfreward
