#include "model/gguf/export.h"

#include <algorithm>

#include "base/json_reason.h"
#include "model/families/config_json.h"
#include "model/gguf/gguf.h"
#include "model/gguf/quants.h"
#include "model/gguf/rope.h"
#include "model/policy/checkpoint.h"

namespace selfreward {
namespace {

Json read_config(const fs::path& dir) {
  const fs::path path = dir / "config.json";
  check(fs::exists(path), "[gguf] ", dir.string(), " has no config.json; is it a checkpoint directory?");
  Json config = read_json(path);
  check(config.is_object() && config.contains("model_type") && config["model_type"].is_string(), "[gguf] ",
        path.string(), " has no model_type; is it the config.json of a model?");
  return config;
}

/// The ids of generation_config.json (what transformers stops at), then those only config.json has.
Json eos_ids(const fs::path& dir, const Json& config) {
  Json ids = Json::array();
  const auto add = [&](const Json& value) {
    for (const Json& id : value.is_array() ? value : Json::array({value}))
      if (!id.is_null() && std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
  };
  if (const fs::path path = dir / "generation_config.json"; fs::exists(path))
    add(read_json(path).value("eos_token_id", Json()));
  add(config.value("eos_token_id", Json()));
  return ids;
}

/// What config.json leaves to the family or to the weights.
void settle(const ModelConfig& loaded, Json& config) {
  config["tie_word_embeddings"] = loaded.tie_word_embeddings;
  config["head_dim"] = loaded.head_dim;
  if (config.value("rope_theta", Json()).is_null())
    config["rope_theta"] = loaded.model_type == "gemma3_text" ? 1000000.0 : loaded.rope_theta;
}

uint32_t type_of(const GgufTensorPair& pair, uint32_t type) {
  if (pair.shape.size() == 1) return kGgmlF32;
  return type == kGgmlQ8_0 && pair.shape.back() % 32 != 0 ? kGgmlF16 : type;
}

/// The checkpoint's tensors, each under its name in GGUF; one that no name is known for is an error.
std::vector<GgufOutput> weight_outputs(const fs::path& dir, TensorMap weights,
                                       const std::vector<GgufTensorPair>& pairs, bool tied, uint32_t type) {
  std::vector<GgufOutput> outputs;
  for (const GgufTensorPair& pair : pairs) {
    const auto found = weights.find(pair.hf);
    check(found != weights.end(), "[gguf] ", dir.string(), " has no \"", pair.hf, "\"");
    const at::Tensor weight = found->second;
    check(weight.sizes() == at::IntArrayRef(pair.shape), "[gguf] ", dir.string(), ": \"", pair.hf, "\" is ",
          Json(weight.sizes().vec()).dump(), ", expected ", Json(pair.shape).dump(), " by config.json");
    outputs.push_back({pair.gguf, pair.shape, type_of(pair, type),
                       [weight, pair] { return to_gguf_values(weight, pair); }});
    weights.erase(found);
  }
  for (const auto& [name, tensor] : weights)
    check(name.ends_with(".rotary_emb.inv_freq") || (tied && name == "lm_head.weight"), "[gguf] ",
          dir.string(), ": \"", name, "\" has no name in GGUF");
  return outputs;
}

template <typename T>
void append(std::vector<T>& to, std::vector<T> more) {
  std::move(more.begin(), more.end(), std::back_inserter(to));
}

void write_export(const fs::path& dir, const fs::path& gguf_path, uint32_t type) {
  Json config = read_config(dir);
  const std::string where = (dir / "config.json").string();
  const GgufFamily& family = gguf_family_of_model_type(config["model_type"].get<std::string>(), where);
  const TensorMap weights = read_checkpoint_tensors(dir);
  settle(with_own_head(load_model_config(dir), weights), config);
  config["eos_token_id"] = eos_ids(dir, config);
  const GgufSizes sizes = gguf_sizes(config, where);
  const SideFiles files = read_side_files(dir);

  GgufContents contents{.metadata = gguf_config_metadata(config, family, sizes, type, where), .tensors = {}};
  if (config["model_type"] == "phi3" && strips_like_phi3(files))
    contents.metadata.emplace_back("general.name", "Phi-3");
  put_gguf_rope(read_rope_settings(config, where), family.architecture, sizes.head_dim, config, contents);
  append(contents.metadata, gguf_tokenizer_metadata(files, config, dir.string()));
  append(contents.tensors, weight_outputs(dir, weights, gguf_tensor_pairs(family, sizes), sizes.tied, type));
  write_gguf(gguf_path, contents);
}

}  // namespace

uint32_t parse_gguf_outtype(const std::string& name) {
  if (name == "f32") return kGgmlF32;
  if (name == "f16") return kGgmlF16;
  if (name == "bf16") return kGgmlBF16;
  check(name == "q8_0", "[gguf] --outtype is \"", name, "\", expected f32, f16, bf16 or q8_0");
  return kGgmlQ8_0;
}

void export_gguf(const fs::path& dir, const fs::path& gguf_path, uint32_t type) {
  try {
    write_export(dir, gguf_path, type);
  } catch (const nlohmann::json::exception& e) {
    fail("[gguf] ", dir.string(), ": a file of the checkpoint has another form than usual: ", reason_of(e));
  }
}

}  // namespace selfreward
