#pragma once
// The parts of export_gguf (gguf.h).
#include "model/files/checkpoint_files.h"
#include "model/gguf/families.h"
#include "model/gguf/writer.h"

namespace selfreward {

/// The settings of a config.json that load_model_config() takes, and llama.cpp too; `type` is that of the
/// matrices.
GgufMetadata gguf_config_metadata(const Json& config, const GgufFamily& family, const GgufSizes& sizes,
                                  uint32_t type, const std::string& where);

/// The tokenizer of `files`, its token ids and chat templates.
GgufMetadata gguf_tokenizer_metadata(const SideFiles& files, const Json& config, const std::string& where);

/// Whether the special tokens of `files` strip spaces as those of Phi-3 do, which llama.cpp knows by name.
bool strips_like_phi3(const SideFiles& files);

}  // namespace selfreward
