#include "model/policy/policy.h"

#include "model/families/config_json.h"
#include "model/ops/device.h"
#include "model/policy/checkpoint.h"
#include "model/policy/lora.h"
#include "model/policy/shapes.h"

namespace selfreward {
namespace {

/// Where the tokenizer of a model lies: peft's own directories have none.
fs::path tokenizer_dir(const fs::path& dir, const fs::path& base) {
  return fs::exists(dir / "tokenizer.json") ? dir : base;
}

void write_adapter(const fs::path& dir, const CausalLM& model, const fs::path& base, const SideFiles& files) {
  write_checkpoint_dir(dir, [&](const fs::path& partial) {
    for (const auto& [name, content] : files) write_file_atomically(partial / name, content);
    write_file_atomically(partial / "adapter_config.json",
                          adapter_config_json(*model.adapter(), base).dump(2) + "\n");
    write_safetensors(partial / "adapter_model.safetensors", adapter_tensors(model), at::kFloat);
  });
}

ChatFormat load_chat(const fs::path& tokenizer, const ModelConfig& config, const TemplateSettings& settings) {
  ChatFormat chat = ChatFormat::load(tokenizer, config.eos_token_ids, settings);
  for (const int64_t id : chat.stop_ids())
    check(id < config.vocab_size, "[policy] ", tokenizer.string(), ": eos_token has the id ", id,
          ", but the model's vocab_size is ", config.vocab_size, ", so that no reply can end with it");
  return chat;
}

void check_is_directory(const fs::path& dir) {
  check(fs::is_directory(dir), "[policy] ", dir.string(),
        " is not a directory; a Hugging Face checkpoint directory ",
        "(config.json, model.safetensors, tokenizer.json) is wanted");
}

}  // namespace

Policy Policy::load(const fs::path& dir, const ComputeOptions& compute, const TemplateSettings& settings) {
  check_is_directory(dir);
  const torch::Device device = pick_device(compute.device);
  const fs::path base = has_adapter_files(dir) ? adapter_base(dir) : dir;
  const TensorMap tensors = read_checkpoint_tensors(base);
  const ModelConfig config = with_own_head(load_model_config(base), tensors);
  auto model = std::make_shared<CausalLM>(config, parse_dtype(compute.dtype));
  load_tensors(*model, tensors, base.string());
  if (has_adapter_files(dir)) load_adapter(*model, dir);
  model->to(device);
  const fs::path tokenizer = tokenizer_dir(dir, base);
  return Policy(std::move(model), load_chat(tokenizer, config, settings), read_side_files(tokenizer), base);
}

PolicyOutline outline_policy(const fs::path& dir, const TemplateSettings& settings) {
  check_is_directory(dir);
  const fs::path base = has_adapter_files(dir) ? adapter_base(dir) : dir;
  const TensorMap tensors = read_checkpoint_tensors(base);
  const ModelConfig config = with_own_head(load_model_config(base), tensors);
  check_checkpoint_tensors(config, tensors, base.string());
  PolicyOutline outline{config, load_chat(tokenizer_dir(dir, base), config, settings)};
  if (base != dir) outline.adapter = adapter_settings(dir, config);
  for (const auto& [name, shape] : tensor_shapes(config)) {
    outline.stored = dtype_name(tensors.at(name).scalar_type());
    outline.stored_bytes += static_cast<int64_t>(tensors.at(name).nbytes());
  }
  return outline;
}

ChatFormat chat_format_of(const fs::path& dir, const TemplateSettings& settings) {
  check_is_directory(dir);
  const fs::path base = has_adapter_files(dir) ? adapter_base(dir) : dir;
  return load_chat(tokenizer_dir(dir, base), load_model_config(base), settings);
}

Policy new_policy(const fs::path& dir, uint64_t seed, double std) {
  const ModelConfig config = load_model_config(dir);
  auto model = std::make_shared<CausalLM>(config, at::kFloat);
  model->initialize(seed, std);
  return Policy(std::move(model), load_chat(dir, config, {}), read_side_files(dir), dir);
}

const ModelConfig& Policy::config() const {
  return model_->config();
}

void Policy::begin_training(const LoraSettings& lora, uint64_t seed) {
  if (lora.r == 0) return;
  if (!model_->adapter()) return add_adapter(*model_, lora, seed);
  trained_adapter(model_->adapter(), lora);
}

LoraSettings trained_adapter(const std::optional<LoraSettings>& present, const LoraSettings& wanted) {
  if (!present) return wanted;
  check(wanted.r == 0 || present->r == wanted.r, "[lora] lora.r is ", wanted.r,
        ", but the model has an adapter of rank ", present->r,
        ", which is trained further; set lora.r to that, or merge the adapter first");
  return *present;
}

void Policy::save(const fs::path& dir, const std::string& save_dtype) const {
  if (model_->adapter()) return write_adapter(dir, *model_, base_, side_files_);
  NamedTensors tensors;
  for (const auto& item : model_->named_parameters()) tensors.emplace_back(item.key(), item.value().detach());
  write_checkpoint(dir, side_files_, config(), tensors,
                   parse_dtype(save_dtype == "auto" ? config().dtype : save_dtype));
}

void merge_adapter(const fs::path& dir, const fs::path& out, const std::string& save_dtype) {
  check(has_adapter_files(dir), "[lora] ", dir.string(),
        " has no adapter_config.json; the directory of an adapter is wanted");
  // float32: nothing of the base model is rounded before the adapter is added
  Policy policy = Policy::load(dir, {.device = "cpu", .dtype = "float32"});
  policy.model().merge_adapter();
  policy.save(out, save_dtype);
}

}  // namespace selfreward
