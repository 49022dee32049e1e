#pragma once
// llama.cpp's model files become Hugging Face checkpoints, and checkpoints such files.
//   import_gguf("SmolLM2-135M-Instruct.Q4_1.gguf", "M0", "bfloat16");
//   export_gguf("M3", "M3.gguf", parse_gguf_outtype("q8_0"));
#include <cstdint>
#include <string>

#include "base/files.h"

namespace selfreward {

/// Writes the checkpoint `out_dir`: weights dequantised and stored as `dtype`, config, tokenizer and chat
/// template out of the metadata. The families of families.h; anything in the file that this cannot carry
/// over (other tensors, other constants of the network, other tokenizers) is an error that names it.
void import_gguf(const fs::path& gguf_path, const fs::path& out_dir, const std::string& dtype);

/// Writes the checkpoint `dir` as one GGUF file, whole or not there; matrices as `type`, vectors as F32, and
/// with Q8_0 the matrices whose rows are not a multiple of 32 as F16. What llama.cpp would compute otherwise
/// than transformers (another family, a sliding window it ignores, an unnamed pre-tokenizer) is an error.
void export_gguf(const fs::path& dir, const fs::path& gguf_path, uint32_t type);

/// f32, f16, bf16 or q8_0, as convert_hf_to_gguf.py spells them; anything else is an error.
uint32_t parse_gguf_outtype(const std::string& name);

}  // namespace selfreward
