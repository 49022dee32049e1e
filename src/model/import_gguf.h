#pragma once
// A llama.cpp model file becomes a Hugging Face checkpoint.
//   import_gguf("SmolLM2-135M-Instruct.Q4_1.gguf", "M0", at::kBFloat16);
#include <ATen/ATen.h>

#include "model/checkpoint.h"
#include "model/gguf.h"

namespace selfreward {

/// Writes the checkpoint `out_dir`: weights dequantised and stored as `dtype`, config, tokenizer and chat
/// template out of the metadata. The families of gguf_families.h; anything in the file that this cannot carry
/// over (other tensors, other constants of the network, other tokenizers) is an error that names it.
void import_gguf(const fs::path& gguf_path, const fs::path& out_dir, at::ScalarType dtype);

/// config.json as transformers spells it for the file's family, from the metadata and the tensors' names.
Json gguf_config(const GgufFile& file);

/// tokenizer.json and tokenizer_config.json, from the metadata. `config` is config.json.
SideFiles gguf_tokenizer_files(const GgufFile& file, const Json& config);

}  // namespace selfreward
