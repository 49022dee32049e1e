#pragma once
// config.json (and generation_config.json) of a Hugging Face checkpoint. The other files of this folder know
// what each model_type adds.
//   const ModelConfig config = load_model_config("M0");
#include "model/layers/model_config.h"

namespace selfreward {

/// Reads `dir`/config.json, in the spelling of transformers 4 or 5. The eos ids are those of
/// generation_config.json and config.json together. A setting that would change the network in a way that
/// is not built here is an error with its key and value.
ModelConfig load_model_config(const fs::path& dir);

/// config.json as transformers 4.4x and 5 read it: the one that was read with the dtype and token ids of
/// `config`, or that of a plain Llama.
Json to_config_json(const ModelConfig& config);

/// generation_config.json: `base` (what a source checkpoint had; may be empty) with the ids of `config`.
Json to_generation_json(const ModelConfig& config, Json base = Json::object());

}  // namespace selfreward
