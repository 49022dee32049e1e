#include "model/policy/checkpoint.h"

#include <set>

#include "base/paths.h"
#include "base/text_util.h"
#include "model/families/config_json.h"
#include "model/policy/causal_lm.h"
#include "model/policy/shapes.h"

namespace selfreward {
namespace {

bool may_be_extra(const ModelConfig& config, const std::string& name) {
  return name.ends_with(".rotary_emb.inv_freq") || (config.tie_word_embeddings && name == "lm_head.weight");
}

/// `tensors` without the second name of tied embeddings.
NamedTensors without_tied(const ModelConfig& config, const NamedTensors& tensors) {
  NamedTensors kept;
  for (const auto& tensor : tensors)
    if (!config.tie_word_embeddings || tensor.first != "lm_head.weight") kept.push_back(tensor);
  return kept;
}

/// `files` with the two that `config` decides.
SideFiles with_config(SideFiles files, const ModelConfig& config) {
  const Json base =
      files.contains(kGenerationFile) ? parse_json(files[kGenerationFile], kGenerationFile) : Json::object();
  files[kGenerationFile] = to_generation_json(config, base).dump(2) + "\n";
  files["config.json"] = to_config_json(config).dump(2) + "\n";
  return files;
}

}  // namespace

void check_checkpoint_tensors(const ModelConfig& config, const TensorMap& tensors, const std::string& where) {
  std::set<std::string> known;
  for (const auto& [name, shape] : tensor_shapes(config)) {
    const auto found = tensors.find(name);
    check(found != tensors.end(), "[checkpoint] ", where, " has no \"", name,
          "\", which config.json asks for");
    check(found->second.sizes() == at::IntArrayRef(shape), "[checkpoint] ", where, ": \"", name, "\" is ",
          Json(found->second.sizes().vec()).dump(), ", expected ", Json(shape).dump(), " by config.json");
    check(found->second.is_floating_point(), "[checkpoint] ", where, ": \"", name, "\" is ",
          c10::toString(found->second.scalar_type()), ", expected floating-point weights");
    known.insert(name);
  }
  for (const auto& [name, tensor] : tensors)
    check(known.contains(name) || may_be_extra(config, name), "[checkpoint] ", where, " has \"", name,
          "\", which a ", config.model_type, " model of this config.json does not have");
}

void load_tensors(CausalLM& model, const TensorMap& tensors, const std::string& where) {
  check_checkpoint_tensors(model.config(), tensors, where);
  const at::NoGradGuard no_grad;
  for (auto& item : model.named_parameters()) item.value().set_data(tensors.at(item.key()).clone());
}

ModelConfig with_own_head(ModelConfig config, const TensorMap& tensors) {
  const auto head = tensors.find("lm_head.weight"), embedding = tensors.find("model.embed_tokens.weight");
  if (config.tie_word_embeddings && head != tensors.end() && embedding != tensors.end())
    config.tie_word_embeddings = at::equal(head->second, embedding->second);
  return config;
}

void write_checkpoint(const fs::path& dir, const SideFiles& side_files, ModelConfig config,
                      const NamedTensors& tensors, at::ScalarType dtype, int64_t max_shard_bytes) {
  const std::string where = without_slash(fs::absolute(dir)).string();
  config.dtype = dtype_name(dtype);
  check_model_config(config, where);
  check_checkpoint_tensors(config, TensorMap(tensors.begin(), tensors.end()), where);
  write_checkpoint_files(dir, with_config(side_files, config), without_tied(config, tensors), dtype,
                         max_shard_bytes);
}

}  // namespace selfreward
