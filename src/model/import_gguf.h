#pragma once
// A llama.cpp model file becomes a Hugging Face checkpoint.
//   import_gguf("SmolLM2-135M-Instruct.Q4_1.gguf", "M0", at::kBFloat16);
#include <ATen/ATen.h>

#include "model/checkpoint.h"
#include "model/gguf.h"

namespace selfreward {

/// Writes the checkpoint `out_dir`: weights dequantised and stored as `dtype`, config, tokenizer and chat
/// template out of the metadata. Only architecture "llama" with a byte-level BPE tokenizer; anything in the
/// file that this cannot carry over (other tensors, rope scaling, SentencePiece) is an error that names it.
void import_gguf(const fs::path& gguf_path, const fs::path& out_dir, at::ScalarType dtype);

/// The network's shape and the special token ids, from the metadata and the names of the tensors.
ModelConfig gguf_model_config(const GgufFile& file);

/// tokenizer.json and tokenizer_config.json, from the metadata.
SideFiles gguf_tokenizer_files(const GgufFile& file, const ModelConfig& config);

/// Rows of a query or key projection back from GGUF's order, where rotary pairs are neighbours, to Hugging
/// Face's, where the two halves of a head pair up. weight [heads * head_dim, hidden] -> the same shape.
at::Tensor unpermute_rotary(const at::Tensor& weight, int64_t num_heads);

}  // namespace selfreward
