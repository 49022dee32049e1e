#include "model/gguf/import.h"

#include "model/files/checkpoint.h"
#include "model/gguf/families.h"
#include "model/gguf/gguf.h"
#include "model/gguf/import_metadata.h"

namespace selfreward {
namespace {

/// Tensors whose content became a setting of config.json.
bool is_setting(const std::string& name) {
  return name == "rope_freqs.weight" || name == "rope_factors_long.weight" ||
         name == "rope_factors_short.weight";
}

NamedTensors load_weights(const GgufFile& file, const Json& config, at::ScalarType dtype) {
  const GgufFamily& family = gguf_family_of_model_type(config["model_type"].get<std::string>(), file.path);
  std::map<std::string, const GgufTensor*> unused;
  for (const GgufTensor& tensor : file.tensors)
    if (!is_setting(tensor.name)) unused.emplace(tensor.name, &tensor);
  NamedTensors weights;
  for (const GgufTensorPair& pair : gguf_tensor_pairs(family, gguf_sizes(config, file.path))) {
    const auto found = unused.find(pair.gguf);
    check(found != unused.end(), "[gguf] ", file.path, " has no tensor \"", pair.gguf, "\"");
    check(found->second->shape == pair.shape, "[gguf] ", file.path, ": tensor \"", pair.gguf, "\" is ",
          Json(found->second->shape).dump(), ", expected ", Json(pair.shape).dump(), " by the metadata");
    weights.emplace_back(pair.hf, from_gguf_values(load_gguf_tensor(file, *found->second), pair).to(dtype));
    unused.erase(found);
  }
  check(unused.empty(), "[gguf] ", file.path, ": tensor \"", unused.empty() ? "" : unused.begin()->first,
        "\" has no place in a ", family.model_type, " model");
  return weights;
}

/// The ids of `config` for generation.
Json generation_json(const Json& config) {
  Json json = Json::object();
  for (const char* key : {"bos_token_id", "eos_token_id", "pad_token_id"})
    if (!config[key].is_null()) json[key] = config[key];
  return json;
}

}  // namespace

void import_gguf(const fs::path& gguf_path, const fs::path& out_dir, const std::string& dtype) {
  const at::ScalarType type = parse_dtype(dtype);
  const GgufFile file = read_gguf(gguf_path);
  Json config = gguf_config(file);
  SideFiles files = gguf_tokenizer_files(file, config);
  config["torch_dtype"] = dtype;
  files["config.json"] = config.dump(2) + "\n";
  files["generation_config.json"] = generation_json(config).dump(2) + "\n";
  write_checkpoint_files(out_dir, files, load_weights(file, config, type), type);
}

}  // namespace selfreward
