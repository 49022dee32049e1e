#include "model/policy/lora.h"

#include <algorithm>
#include <set>

#include "base/regex.h"
#include "model/files/config_file.h"

namespace selfreward {
namespace {

using torch::Tensor;

constexpr const char* kPrefix = "base_model.model.";

using Matrices = std::vector<std::pair<std::string, std::shared_ptr<Linear>>>;

/// Every matrix of the layers by its name; adapters have none.
Matrices matrices_of(const CausalLM& model) {
  std::set<const torch::nn::Module*> of_layers;
  for (const auto& layer : model.layers())
    for (const auto& matrix : layer->matrices()) of_layers.insert(matrix.get());
  Matrices matrices;
  for (const auto& item : model.named_modules("", /*include_self=*/false))
    if (of_layers.contains(item.value().get()))
      matrices.emplace_back(item.key(), std::dynamic_pointer_cast<Linear>(item.value()));
  return matrices;
}

bool is_named(const std::string& module, const std::string& target) {
  return target == "all-linear" || module == target || module.ends_with("." + target);
}

/// The matrices that `targets` name, as peft matches them.
Matrices matrices_named(const CausalLM& model, const std::vector<std::string>& targets) {
  Matrices named;
  std::set<std::string> used;
  for (const auto& [name, linear] : matrices_of(model)) {
    std::vector<std::string> naming;
    std::copy_if(targets.begin(), targets.end(), std::back_inserter(naming),
                 [&module = name](const std::string& target) { return is_named(module, target); });
    used.insert(naming.begin(), naming.end());
    if (!naming.empty()) named.emplace_back(name, linear);
  }
  for (const std::string& target : targets)
    check(used.contains(target), "[lora] target_modules: no matrix of the model is called \"", target,
          "\"; there are q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj (Phi-3: qkv_proj, "
          "gate_up_proj), or all-linear");
  return named;
}

LoraSettings read_settings(const ConfigFile& file) {
  file.require("peft_type", "LORA");
  for (const char* off : {"use_dora", "fan_in_fan_out", "lora_bias", "use_qalora"}) file.require(off, false);
  file.require("bias", "none");
  const Json init = file.get("init_lora_weights");  // others (pissa, olora, ...) change the base weights too
  if (init.is_string() && init != "gaussian")
    file.refuse("init_lora_weights", init, "true, false or \"gaussian\"");
  for (const char* none : {"modules_to_save", "layers_to_transform", "layers_pattern", "layer_replication",
                           "target_parameters", "trainable_token_indices", "alora_invocation_tokens",
                           "use_bdlora", "kasa_config", "monteclora_config", "velora_config", "arrow_config",
                           "rank_pattern", "alpha_pattern", "exclude_modules"})
    if (const Json value = file.get(none); !value.empty() && value != "")
      file.refuse(none, value, "none (nothing else is supported)");
  LoraSettings settings;
  settings.r = file.integer("r");
  if (settings.r <= 0) file.refuse("r", settings.r, "a positive number");
  settings.lora_alpha = file.number("lora_alpha", settings.lora_alpha);
  settings.lora_dropout = file.number("lora_dropout", settings.lora_dropout);
  settings.use_rslora = file.boolean("use_rslora", false);
  return settings;
}

/// target_modules of adapter_config.json against the names of the model's matrices: a list, or one regular
/// expression of whole names.
Matrices read_targets(const ConfigFile& file, const CausalLM& model, LoraSettings& settings) {
  const Json targets = file.get("target_modules");
  const bool is_list = targets.is_array() && !targets.empty();
  if (is_list && std::all_of(targets.begin(), targets.end(), [](const Json& t) { return t.is_string(); })) {
    settings.target_modules = targets.get<std::vector<std::string>>();
    return matrices_named(model, settings.target_modules);
  }
  if (!targets.is_string()) file.refuse("target_modules", targets, "a list of names or a pattern");
  if (targets == "all-linear") return matrices_named(model, settings.target_modules);
  const Regex pattern("^(?:" + targets.get<std::string>() + ")$");
  Matrices matched;
  settings.target_modules.clear();
  for (const auto& [name, linear] : matrices_of(model))
    if (pattern.matches(name)) {
      matched.emplace_back(name, linear);
      settings.target_modules.push_back(name);
    }
  return matched;
}

/// Takes the tensor of one adapter matrix out of `tensors`.
Tensor take(TensorMap& tensors, const std::string& name, at::IntArrayRef shape, const fs::path& file) {
  const auto found = tensors.find(kPrefix + name);
  check(found != tensors.end(), "[lora] ", file.string(), " has no \"", kPrefix, name,
        "\", which adapter_config.json asks for");
  check(found->second.sizes() == shape, "[lora] ", file.string(), ": \"", kPrefix, name, "\" is ",
        Json(found->second.sizes().vec()).dump(), ", expected ", Json(shape.vec()).dump(),
        "; does the adapter belong to this base model?");
  const Tensor tensor = found->second.to(at::kFloat).clone();
  tensors.erase(found);
  return tensor;
}

}  // namespace

void add_adapter(CausalLM& model, const LoraSettings& settings, uint64_t seed) {
  attach_adapter(model, settings);
  const at::NoGradGuard no_grad;
  auto generator = at::detail::createCPUGenerator(seed);
  for (const auto& [name, linear] : matrices_named(model, settings.target_modules)) {
    const double bound = 1 / std::sqrt(static_cast<double>(linear->weight.size(1)));
    linear->lora_A->weight.uniform_(-bound, bound, generator);
    linear->lora_B->weight.zero_();
  }
  model.freeze_base(settings);
}

void attach_adapter(CausalLM& model, const LoraSettings& settings) {
  for (const auto& [name, linear] : matrices_named(model, settings.target_modules))
    linear->add_adapter(settings.r, settings.scaling());
}

LoraSettings adapter_settings(const fs::path& dir, const ModelConfig& base) {
  const ConfigFile file(dir / "adapter_config.json");
  LoraSettings settings = read_settings(file);
  const ShapesOnly no_memory;
  read_targets(file, CausalLM(base, at::kFloat), settings);
  return settings;
}

void load_adapter(CausalLM& model, const fs::path& dir) {
  const ConfigFile config(dir / "adapter_config.json");
  const fs::path file = dir / "adapter_model.safetensors";
  check(fs::exists(file), "[lora] ", dir.string(), " has no adapter_model.safetensors",
        fs::exists(dir / "adapter_model.bin")
            ? ", but adapter_model.bin; save it again with peft's save_pretrained, which writes safetensors"
            : "");
  LoraSettings settings = read_settings(config);
  TensorMap tensors = read_safetensors(file);
  for (const auto& [name, linear] : read_targets(config, model, settings)) {
    const int64_t in = linear->weight.size(1), out = linear->weight.size(0);
    linear->add_adapter(settings.r, settings.scaling());
    linear->lora_A->weight.set_data(take(tensors, name + ".lora_A.weight", {settings.r, in}, file));
    linear->lora_B->weight.set_data(take(tensors, name + ".lora_B.weight", {out, settings.r}, file));
  }
  check(tensors.empty(), "[lora] ", file.string(), " has \"", tensors.empty() ? "" : tensors.begin()->first,
        "\", which has no place in the base model");
  model.freeze_base(settings);
}

Json adapter_config_json(const LoraSettings& settings, const fs::path& base) {
  const auto& targets = settings.target_modules;  // peft reads all-linear alone, not in a list
  const bool all = std::find(targets.begin(), targets.end(), "all-linear") != targets.end();
  return {{"alpha_pattern", Json::object()},
          {"auto_mapping", nullptr},
          {"base_model_name_or_path", fs::absolute(base).lexically_normal().string()},
          {"bias", "none"},
          {"fan_in_fan_out", false},
          {"inference_mode", true},
          {"init_lora_weights", true},
          {"layers_pattern", nullptr},
          {"layers_to_transform", nullptr},
          {"lora_alpha", settings.lora_alpha},
          {"lora_dropout", settings.lora_dropout},
          {"modules_to_save", nullptr},
          {"peft_type", "LORA"},
          {"r", settings.r},
          {"rank_pattern", Json::object()},
          {"revision", nullptr},
          {"target_modules", all ? Json("all-linear") : Json(targets)},
          {"task_type", "CAUSAL_LM"},
          {"use_dora", false},
          {"use_rslora", settings.use_rslora}};
}

NamedTensors adapter_tensors(const CausalLM& model) {
  NamedTensors tensors;
  for (const auto& [name, parameter] : model.trainable_parameters())
    tensors.emplace_back(kPrefix + name, parameter.detach());
  return tensors;
}

}  // namespace selfreward
