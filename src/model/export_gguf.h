#pragma once
// A Hugging Face checkpoint becomes a GGUF file that llama.cpp runs.
//   export_gguf("M3", "M3.gguf", parse_gguf_outtype("q8_0"));
#include "model/checkpoint.h"
#include "model/gguf_families.h"
#include "model/gguf_writer.h"

namespace selfreward {

/// Writes the checkpoint `dir` as one GGUF file, whole or not there; matrices as `type`, vectors as F32, and
/// with Q8_0 the matrices whose rows are not a multiple of 32 as F16. What llama.cpp would compute otherwise
/// than transformers (another family, a sliding window it ignores, an unnamed pre-tokenizer) is an error.
void export_gguf(const fs::path& dir, const fs::path& gguf_path, uint32_t type);

/// f32, f16, bf16 or q8_0, as convert_hf_to_gguf.py spells them; anything else is an error.
uint32_t parse_gguf_outtype(const std::string& name);

/// The settings of a config.json that load_model_config() takes, and llama.cpp too; `type` is that of the
/// matrices.
GgufMetadata gguf_config_metadata(const Json& config, const GgufFamily& family, const GgufSizes& sizes,
                                  uint32_t type, const std::string& where);

/// The tokenizer of `files`, its token ids and chat templates.
GgufMetadata gguf_tokenizer_metadata(const SideFiles& files, const Json& config, const std::string& where);

/// Whether the special tokens of `files` strip spaces as those of Phi-3 do, which llama.cpp knows by name.
bool strips_like_phi3(const SideFiles& files);

}  // namespace selfreward
